#include "ceres_align/modes/pose_comparison.h"

#include <cmath>

#include "ceres_align/assess/metrics.h"

namespace ceres_align {
namespace {

// Coverage sums carry rounding.
constexpr double kRounding = 1e-6;

bool AlikeAndWhole(double a, double b) {
  return std::abs(a - b) < kRounding && (a < kRounding || a > 1 - kRounding);
}

}  // namespace

PoseComparison::PoseComparison(const PreparedScene& prepared, const Rigid3d& answer_from_run)
    : prepared_(prepared), answer_(Coverages(answer_from_run)) {}

std::vector<Image<double>> PoseComparison::Coverages(const Rigid3d& rig_from_run) const {
  const std::vector<SilhouetteView> views =
      prepared_.ViewsAt(prepared_.last_level(), prepared_.Depth(rig_from_run));
  std::vector<Image<double>> coverages(views.size());
  prepared_.rasterizer()->ForEach(views.size(), [&](size_t i) {
    coverages[i] = prepared_.rasterizer()->Coverage(views[i].Job(rig_from_run), nullptr);
  });
  return coverages;
}

ComparisonResult PoseComparison::With(const Rigid3d& rig_from_run) const {
  const std::vector<Image<double>> other = Coverages(rig_from_run);
  ComparisonResult result;
  double other_cost = 0, answer_cost = 0;
  for (size_t i = 0; i < other.size(); ++i) {
    const View& view = prepared_.scene().views[i];
    for (size_t p = 0; p < other[i].pixels.size(); ++p) {
      const double a = answer_[i].pixels[p], b = other[i].pixels[p];
      if (AlikeAndWhole(a, b)) continue;
      const double w = view.weight.empty() ? 1 : view.weight.pixels[p], t = view.mask.pixels[p];
      answer_cost += 0.5 * w * (a - t) * (a - t);
      other_cost += 0.5 * w * (b - t) * (b - t);
    }
    result.view_iou.push_back(IntersectionOverUnion(other[i], view.mask, view.weight));
  }
  const double floor = kCostFloorPerPx * prepared_.OutlineLength(prepared_.last_level());
  result.cost_ratio = (other_cost + floor) / (answer_cost + floor);
  result.rise = other_cost - answer_cost;
  return result;
}

}  // namespace ceres_align
