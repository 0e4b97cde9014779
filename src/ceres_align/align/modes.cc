#include "ceres_align/align/modes.h"

#include "ceres_align/align/metrics.h"

namespace ceres_align {
namespace {

std::vector<double> IouOf(const PreparedScene& prepared, const Rigid3d& rig_from_world) {
  const Rigid3d rig_from_run = prepared.ToRun(rig_from_world);
  const std::vector<SilhouetteView> views =
      prepared.ViewsAt(prepared.last_level(), prepared.Depth(rig_from_run));
  std::vector<double> iou;
  for (size_t i = 0; i < views.size(); ++i) {
    const View& view = prepared.scene().views[i];
    const Image<double> coverage =
        prepared.rasterizer()->Coverage(views[i].Job(rig_from_run), nullptr);
    iou.push_back(IntersectionOverUnion(coverage, view.mask, view.weight));
  }
  return iou;
}

}  // namespace

void ExplainModes(const PreparedScene& prepared, AlignResult* result) {
  for (Alternative& other : result->alternatives) {
    other.view_iou = IouOf(prepared, other.rig_from_world);
    if (other.cost_ratio > kAmbiguousRatio) continue;
    result->ambiguous = true;
    if (result->ambiguity.empty()) result->ambiguity = "another pose fits the masks about as well";
  }
}

}  // namespace ceres_align
