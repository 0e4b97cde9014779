// All that is found out about a pose, without moving it.
#pragma once

#include <vector>

#include "ceres_align/assess/assess_options.h"
#include "ceres_align/assess/assessment.h"
#include "ceres_align/modes/modes.h"
#include "ceres_align/scene/pose_prior.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/solution.h"

namespace ceres_align {

/// The views, other modes in words, what is observed, covariance, consistency, prior and verdict of
/// solution.rig_from_run. `window` is that of the residual whose optimum the pose is (RasterJob).
/// `views`: JudgeViews of that pose. Where the status is kNoOverlap only views, prior and verdict
/// are filled.
Assessment AssessPose(const PreparedScene& prepared, const AssessOptions& options,
                      const PriorTest& prior, int window, const Solution& solution,
                      const OtherModes& modes, std::vector<ViewResult> views);

/// The bounds that hold with 90 % probability, of a covariance as in Assessment.
Accuracy AccuracyOf(const Matrix6d& covariance, double distance);

}  // namespace ceres_align
