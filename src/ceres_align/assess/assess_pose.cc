#include "ceres_align/assess/assess_pose.h"

#include <algorithm>

#include "ceres_align/assess/ambiguity.h"
#include "ceres_align/assess/consistency.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/assess/observability.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/assess/view_assessment.h"
#include "ceres_align/modes/mode_frame.h"

namespace ceres_align {
namespace {

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

// Of the residual that the pose is the optimum of.
std::optional<Matrix6d> CovarianceOf(const PreparedScene& prepared, int window,
                                     const Rigid3d& rig_from_run) {
  const size_t last = prepared.last_level();
  std::vector<SilhouetteView> views = prepared.ViewsAt(last, prepared.Depth(rig_from_run));
  std::vector<const Target*> targets;
  for (const auto& target : prepared.level(last).targets) targets.push_back(target.get());
  for (SilhouetteView& view : views) view.window = window;
  return SandwichCovariance(views, targets, prepared.rasterizer(), prepared.radius(), rig_from_run);
}

}  // namespace

bool MeetsAMask(const PreparedScene& prepared, const Rigid3d& rig_from_run) {
  const size_t last = prepared.last_level();
  const std::vector<SilhouetteView> views = prepared.ViewsAt(last, prepared.Depth(rig_from_run));
  std::vector<RasterJob> jobs;
  for (const SilhouetteView& view : views) jobs.push_back(view.Job(rig_from_run));
  std::vector<ImageF> coverages;
  prepared.rasterizer()->CoverageBatch(jobs, &coverages);
  for (size_t i = 0; i < views.size(); ++i) {
    const View& view = prepared.scene().views[i];
    for (size_t p = 0; p < view.mask.pixels.size(); ++p) {
      const bool counts = view.weight.empty() || view.weight.pixels[p] > 0;
      if (counts && view.mask.pixels[p] > 0 && coverages[i].pixels[p] > 0) return true;
    }
  }
  return false;
}

Assessment AssessPose(const PreparedScene& prepared, const AssessOptions& options,
                      const PriorTest& prior, int window, const Solution& solution,
                      const OtherModes& modes) {
  const Rigid3d& rig_from_run = solution.rig_from_run;
  Assessment found;
  found.status = solution.status;
  found.termination = solution.termination;
  found.outline_tolerance = options.outline_tolerance;
  found.object_center_in_world = prepared.center();
  found.alternatives = modes.alternatives;
  found.views = JudgeViews(prepared, options.outline_tolerance, rig_from_run);
  if (solution.status != AlignStatus::kNoOverlap) {
    found.observability =
        ObservabilityAt(prepared, window, modes.round ? kUnobservedOfRound : kUnobserved,
                        rig_from_run);
    found.ambiguity =
        AmbiguityInWords(found.alternatives, found.observability, SymmetryOf(prepared));
    found.ambiguous = !found.ambiguity.empty();
    if (options.covariance) found.covariance = CovarianceOf(prepared, window, rig_from_run);
    found.consistency = ConsistencyOf(prepared, rig_from_run);
  }
  found.prior_given = prior.any();
  found.prior_broken = prior.Broken(rig_from_run);
  found.checks = ChecksOf(found);
  return found;
}

}  // namespace ceres_align
