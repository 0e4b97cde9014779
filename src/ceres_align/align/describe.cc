#include "ceres_align/align/describe.h"

#include <algorithm>

#include "ceres_align/align/consistency.h"
#include "ceres_align/align/covariance.h"
#include "ceres_align/align/metrics.h"
#include "ceres_align/align/modes.h"
#include "ceres_align/align/verdict.h"

namespace ceres_align {
namespace {

ViewResult Judge(const PreparedScene& prepared, const SilhouetteView& at_full, size_t index,
                 double outline_tolerance, const Rigid3d& rig_from_run) {
  const View& view = prepared.scene().views[index];
  const Image<double> coverage =
      prepared.rasterizer()->Coverage(at_full.Job(rig_from_run), nullptr);
  ViewResult result;
  result.name = view.name;
  result.cam_from_world = view.cam_from_rig * prepared.FromRun(rig_from_run);
  result.camera_center_in_world = result.cam_from_world.TargetOriginInSource();
  result.iou = IntersectionOverUnion(coverage, view.mask, view.weight);
  result.contour = MeasureContour(coverage, view.mask, view.weight, outline_tolerance);
  result.contour_rms_px = result.contour.both_rms_px;
  result.mask_empty = prepared.mask_empty(index);
  result.cut_share = CutShare(view.mask);
  result.mask_touches_frame = result.cut_share > 0;
  for (size_t p = 0; p < coverage.pixels.size(); ++p) {
    const double w = view.weight.empty() ? 1 : view.weight.pixels[p];
    result.mask_area_px += w * view.mask.pixels[p];
    result.object_area_px += w * coverage.pixels[p];
  }
  result.object_in_frame =
      std::any_of(coverage.pixels.begin(), coverage.pixels.end(), [](double m) { return m > 0; });
  return result;
}

// Finer than this tells no more, and takes longer.
constexpr double kConsistencyWidthPx = 600;

Consistency ConsistencyOf(const PreparedScene& prepared, const Rigid3d& rig_from_run) {
  const size_t level = prepared.LevelOfWidth(kConsistencyWidthPx);
  std::vector<SilhouetteView> views;
  std::vector<const Target*> targets;
  const std::vector<SilhouetteView> all = prepared.ViewsAt(level, prepared.Depth(rig_from_run));
  for (size_t i = 0; i < all.size(); ++i) {
    views.push_back(all[i]);
    targets.push_back(prepared.level(level).targets[i].get());
  }
  return MeasureConsistency(views, targets, prepared.rasterizer(), prepared.radius(), rig_from_run);
}

// Fills result->views; returns whether the object meets any of the masks.
bool JudgeAll(const PreparedScene& prepared, const Rigid3d& rig_from_run, AlignResult* result) {
  result->views = JudgeViews(prepared, result->outline_tolerance, rig_from_run);
  return std::any_of(result->views.begin(), result->views.end(),
                     [](const ViewResult& view) { return !view.mask_empty && view.iou > 0; });
}

}  // namespace

std::vector<ViewResult> JudgeViews(const PreparedScene& prepared, double outline_tolerance,
                                   const Rigid3d& rig_from_run) {
  const std::vector<SilhouetteView> views =
      prepared.ViewsAt(prepared.last_level(), prepared.Depth(rig_from_run));
  std::vector<ViewResult> judged(views.size());
  prepared.rasterizer()->ForEach(views.size(), [&](size_t i) {
    judged[i] = Judge(prepared, views[i], i, outline_tolerance, rig_from_run);
  });
  return judged;
}

void Describe(const PreparedScene& prepared, const AlignOptions& options, const PriorTest& prior,
              const Rigid3d& reached, AlignResult* result) {
  Rigid3d rig_from_run = reached;
  result->outline_tolerance = options.outline_tolerance;
  bool overlap = JudgeAll(prepared, rig_from_run, result);
  if (!overlap) {
    result->status = AlignStatus::kNoOverlap;
    result->termination = "the object meets none of the masks; " + result->termination;
  } else if (ExplainModes(prepared, options, prior, &rig_from_run, result)) {
    overlap = JudgeAll(prepared, rig_from_run, result);
  }
  if (options.covariance && overlap) {
    const size_t last = prepared.last_level();
    std::vector<SilhouetteView> views = prepared.ViewsAt(last, prepared.Depth(rig_from_run));
    std::vector<const Target*> targets;
    for (const auto& target : prepared.level(last).targets) targets.push_back(target.get());
    // Of the residual that the pose is the optimum of.
    for (SilhouetteView& view : views) view.window = result->sharpened ? options.sharp_window : 1;
    result->covariance =
        SandwichCovariance(views, targets, prepared.rasterizer(), prepared.radius(), rig_from_run);
  }
  if (overlap) result->consistency = ConsistencyOf(prepared, rig_from_run);
  result->prior_given = prior.any();
  result->prior_broken = prior.Broken(rig_from_run);
  result->rig_from_world = prepared.FromRun(rig_from_run);
  result->object_center_in_world = prepared.center();
  result->backend = prepared.rasterizer()->name();
  result->checks = ChecksOf(*result);
}

}  // namespace ceres_align
