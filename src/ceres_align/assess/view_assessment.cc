#include "ceres_align/assess/view_assessment.h"

#include <algorithm>

#include "ceres_align/assess/metrics.h"

namespace ceres_align {
namespace {

// A drawn image takes 8 bytes a pixel: larger ones are judged one after the other, and rounded to
// half of that.
constexpr size_t kMostPixelsSideBySide = size_t{1} << 24;

template <typename T>
ViewResult Judge(const PreparedScene& prepared, const Image<T>& coverage, size_t index,
                 double outline_tolerance, const Rigid3d& rig_from_run) {
  const View& view = prepared.scene().views[index];
  const ImageF& mask = prepared.level(prepared.last_level()).targets[index]->mask();
  ViewResult result;
  result.name = view.name;
  result.cam_from_world = view.cam_from_rig * prepared.FromRun(rig_from_run);
  result.camera_center_in_world = result.cam_from_world.TargetOriginInSource();
  const OverlapSums sums = SumOverlap(coverage, mask, view.weight);
  result.iou = sums.Iou();
  result.contour = MeasureContour(coverage, mask, view.weight, outline_tolerance, sums);
  result.contour_rms_px = result.contour.both_rms_px;
  result.mask_empty = prepared.mask_empty(index);
  result.cut_share = CutShare(view.mask);
  result.mask_touches_frame = result.cut_share > 0;
  result.mask_area_px = sums.mask;
  result.object_area_px = sums.object;
  result.overlap_px = sums.both;
  result.object_in_frame =
      std::any_of(coverage.pixels.begin(), coverage.pixels.end(), [](T m) { return m > 0; });
  return result;
}

}  // namespace

std::vector<ViewResult> JudgeViews(const PreparedScene& prepared, double outline_tolerance,
                                   const Rigid3d& rig_from_run) {
  const std::vector<SilhouetteView> views =
      prepared.ViewsAt(prepared.last_level(), prepared.Depth(rig_from_run));
  std::vector<ViewResult> judged(views.size());
  size_t pixels = 0;
  for (const SilhouetteView& view : views) {
    pixels = std::max(pixels, static_cast<size_t>(view.camera.width_px) * view.camera.height_px);
  }
  if (pixels <= kMostPixelsSideBySide) {
    prepared.rasterizer()->ForEach(views.size(), [&](size_t i) {
      judged[i] =
          Judge(prepared, prepared.rasterizer()->Coverage(views[i].Job(rig_from_run), nullptr), i,
                outline_tolerance, rig_from_run);
    });
    return judged;
  }
  std::vector<ImageF> coverage;
  for (size_t i = 0; i < views.size(); ++i) {
    prepared.rasterizer()->CoverageBatch({views[i].Job(rig_from_run)}, &coverage);
    judged[i] = Judge(prepared, coverage[0], i, outline_tolerance, rig_from_run);
    coverage.clear();
  }
  return judged;
}

}  // namespace ceres_align
