#include "ceres_align/assess/assess_pose.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/assess/ambiguity.h"
#include "ceres_align/assess/consistency.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/assess/observability.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/modes/mode_frame.h"

namespace ceres_align {
namespace {

// The views at full size, as the residual has them whose optimum the pose is.
std::vector<WeightedView> FullSizeViews(const PreparedScene& prepared, int window,
                                        const Rigid3d& rig_from_run) {
  const size_t last = prepared.last_level();
  const std::vector<SilhouetteView> views = prepared.ViewsAt(last, prepared.Depth(rig_from_run));
  std::vector<WeightedView> weighted;
  for (size_t i = 0; i < views.size(); ++i) {
    weighted.push_back({views[i], prepared.level(last).targets[i].get(), 1.0});
    weighted.back().view.window = window;
  }
  return weighted;
}

void MeasureStatistics(const PreparedScene& prepared, const AssessOptions& options, int window,
                       const Rigid3d& rig_from_run, Assessment* found) {
  const std::vector<WeightedView> views = FullSizeViews(prepared, 1, rig_from_run);
  const std::vector<OutlinePixel> pixels =
      CollectOutline(views, prepared.rasterizer(), rig_from_run);
  found->misfit = MeasureMisfit(pixels);
  found->consistency = MeasureConsistency(views, pixels, found->misfit, prepared.rasterizer(),
                                          prepared.radius(), rig_from_run);
  if (!options.covariance) return;
  // Of the residual whose optimum the pose is.
  Misfit misfit = found->misfit;
  misfit.window = window;
  found->covariance =
      SandwichCovariance(window == 1 ? pixels
                                     : CollectOutline(FullSizeViews(prepared, window, rig_from_run),
                                                      prepared.rasterizer(), rig_from_run),
                         misfit, Matrix6d::Zero(), prepared.radius(), nullptr);
}

// Below which |x| lies with 90 % probability, x ~ N(0, C): |x|² as a χ² of the same mean and
// variance (Satterthwaite, 1946), whose quantile is Wilson and Hilferty's (1931).
double NinetyPercent(const Eigen::Matrix3d& C) {
  const double mean = C.trace(), squares = (C * C).trace();
  if (!(mean > 0)) return 0;
  const double dof = mean * mean / squares, c = 2 / (9 * dof);
  const double quantile = dof * std::pow(1 - c + 1.2815516 * std::sqrt(c), 3);
  return std::sqrt(squares / mean * quantile);
}

}  // namespace

Accuracy AccuracyOf(const Matrix6d& covariance, double distance) {
  Accuracy accuracy;
  accuracy.rotation_rad = NinetyPercent(covariance.topLeftCorner<3, 3>());
  accuracy.translation = NinetyPercent(covariance.bottomRightCorner<3, 3>());
  accuracy.translation_of_distance = accuracy.translation / distance;
  return accuracy;
}

Assessment AssessPose(const PreparedScene& prepared, const AssessOptions& options,
                      const PriorTest& prior, int window, const Solution& solution,
                      const OtherModes& modes, std::vector<ViewResult> views) {
  const Rigid3d& rig_from_run = solution.rig_from_run;
  Assessment found;
  found.status = solution.status;
  found.termination = solution.termination;
  found.outline_tolerance = options.outline_tolerance;
  found.object_center_in_world = prepared.center();
  found.alternatives = modes.alternatives;
  found.views = std::move(views);
  if (solution.status != AlignStatus::kNoOverlap) {
    found.observability = ObservabilityAt(
        prepared, window, modes.round ? kUnobservedOfRound : kUnobserved, rig_from_run);
    found.ambiguity =
        AmbiguityInWords(found.alternatives, found.observability, SymmetryOf(prepared));
    found.ambiguous = !found.ambiguity.empty();
    MeasureStatistics(prepared, options, window, rig_from_run, &found);
  }
  if (found.covariance) {
    found.accuracy = AccuracyOf(*found.covariance, prepared.Depth(rig_from_run));
  }
  found.accuracy_expected = options.covariance;
  found.require_rad = options.require_rad;
  found.require_of_distance = options.require_of_distance;
  found.prior_given = prior.any();
  found.prior_broken = prior.Broken(rig_from_run);
  found.checks = ChecksOf(found);
  return found;
}

}  // namespace ceres_align
