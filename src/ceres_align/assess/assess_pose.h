// All that is found out about a pose, without moving it.
#pragma once

#include "ceres_align/assess/assess_options.h"
#include "ceres_align/assess/assessment.h"
#include "ceres_align/modes/modes.h"
#include "ceres_align/scene/pose_prior.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/solution.h"

namespace ceres_align {

/// Whether the object covers part of any mask.
bool MeetsAMask(const PreparedScene& prepared, const Rigid3d& rig_from_run);

/// The views, other modes in words, what is observed, covariance, consistency, prior and verdict of
/// solution.rig_from_run. `window` is that of the residual whose optimum the pose is (RasterJob).
/// Where the status is kNoOverlap only views, prior and verdict are filled.
Assessment AssessPose(const PreparedScene& prepared, const AssessOptions& options,
                      const PriorTest& prior, int window, const Solution& solution,
                      const OtherModes& modes);

}  // namespace ceres_align
