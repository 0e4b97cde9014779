// Other rotations around a start, for when the start's own descent ends in a poor fit.
#pragma once

#include <vector>

#include "ceres_align/scene/moments.h"

namespace ceres_align {

/// `count` rotations spread evenly over the ball of angle `max_angle_rad` about the identity, in
/// shells; the same on every machine. The identity is not among them.
std::vector<Eigen::Quaterniond> RotationBall(int count, double max_angle_rad);

struct ScoredPose {
  Rigid3d rig_from_world;
  double cost;  ///< ½ Σ w (M − T)² over all views at the scoring level
};

/// Fits each pose's translation to the masks' moments and scores it: all in one batch a step. Best
/// first; ties by index. `evaluations` counts candidates, each over all views.
std::vector<ScoredPose> ScorePoses(const std::vector<SilhouetteView>& views,
                                   const std::vector<MaskMoments>& masks, Rasterizer* rasterizer,
                                   const std::vector<Rigid3d>& poses, int moment_steps,
                                   double good_misfit, int* evaluations);

/// Turns `start` about the world's origin (which must lie in the object) by each rotation;
/// then as ScorePoses.
std::vector<ScoredPose> ScoreRotations(const std::vector<SilhouetteView>& views,
                                       const std::vector<MaskMoments>& masks,
                                       Rasterizer* rasterizer, const Rigid3d& start,
                                       const std::vector<Eigen::Quaterniond>& rotations,
                                       int moment_steps, double good_misfit, int* evaluations);

/// The best `count` of a sorted list that differ by more than `min_angle_rad` in rotation.
std::vector<ScoredPose> BestDistinct(const std::vector<ScoredPose>& sorted, int count,
                                     double min_angle_rad);

}  // namespace ceres_align
