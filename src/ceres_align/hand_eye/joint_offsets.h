// Which joints stand off from what the states say, by the masks.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "ceres_align/align/align_result.h"
#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// One joint variable's offset: the joint stands at q + offset in every state.
struct JointOffset {
  std::string joint;
  bool turns = true;       ///< rad; else it slides, metres
  double offset = 0;       ///< rad or m
  double sigma = 0;        ///< of it, pose and other offsets free, its prior included
  double prior_sigma = 0;  ///< of the prior about 0
  double explains = 0;     ///< of the masks' misfit without this offset, the others free; in [0, 1]
  /// Beyond kSuspectSigmas, at least kSuspectOfPrior of the prior's sigma, and it explains at least
  /// kSuspectExplains.
  bool suspicious = false;
  std::string Words() const;  ///< "joint_2 is off by 1.00 deg (sigma 0.002), which explains …"
};
constexpr double kSuspectSigmas = 3, kSuspectOfPrior = 0.1, kSuspectExplains = 0.1;
constexpr double kOffsetPrior_rad = M_PI / 180, kOffsetPrior_m = 0.005;

struct JointOffsets {
  std::vector<JointOffset> joints;  ///< as RobotModel::variable_names
  Rigid3d rig_from_world;           ///< the pose that goes with them
  /// Of the pose with the offsets free: [ω, v] as AlignResult::covariance, but about the world's
  /// origin (the tangent of PoseManifold). Zero where `why` says why there is no covariance.
  Eigen::Matrix<double, 6, 6> pose_covariance = Eigen::Matrix<double, 6, 6>::Zero();
  /// ½ Σ w (M − T)² where the pose and no offsets were given, and here.
  double cost_before = 0, cost = 0;
  int iterations = 0;
  std::string why;  ///< empty: sigmas are known
  bool known() const { return why.empty(); }
  Eigen::VectorXd Values() const;  ///< rad or m
};

/// Pose and offsets by Ceres (RobotCostFunction) over ½ Σ w (M − T)² + ½ s² Σ (offset / prior)²,
/// coarse to fine, from a pose near the truth (an alignment's). s²: the mean squared residual per
/// px of outline at each level. Where the masks are binary and then fit as well as their pixels
/// allow, the last steps compare the middles of the pixels (SolveOptions::sharp_window).
///
/// The robot is drawn link by link, so that every outline is known to be one link's and moves as
/// JointColumn says: the derivatives are exact. Pixels that two links' outlines share, where the
/// robot's coverage is not one link's, are left out. Eye in hand the offsets move the flange.
/// `scene` is MakeHandEyeScene(problem), perhaps with weights. CHECKs that. Where no joint can move
/// the pose is the one given.
JointOffsets EstimateJointOffsets(const HandEyeProblem& problem, const Scene& scene,
                                  const Rigid3d& rig_from_world, Rasterizer* rasterizer);

/// Adds a check "joints" to the verdict, which fails where a joint is suspicious.
void JudgeOffsets(const JointOffsets& offsets, AlignResult* result);

/// For a result that was aligned with the states corrected by the offsets: its covariance and
/// accuracy become those of the pose with the offsets free, and the verdict is made anew. CHECKs
/// that they are known.
void TakeOffsets(const JointOffsets& offsets, AlignResult* result);

}  // namespace ceres_align
