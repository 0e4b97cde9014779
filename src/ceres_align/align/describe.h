// What is said of a pose once it is found.
#pragma once

#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/align/pose_prior.h"
#include "ceres_align/align/prepared_scene.h"

namespace ceres_align {

/// How the views see the object at a pose, each against its mask.
/// `outline_tolerance`: as AlignOptions'.
std::vector<ViewResult> JudgeViews(const PreparedScene& prepared, double outline_tolerance,
                                   const Rigid3d& rig_from_run);

/// Fills everything in `result` that follows from the pose reached (rig_from_run),
/// `result->alternatives` (poses) and the flags set by the solve: views, covariance, modes, checks.
void Describe(const PreparedScene& prepared, const AlignOptions& options, const PriorTest& prior,
              const Rigid3d& reached, AlignResult* result);

}  // namespace ceres_align
