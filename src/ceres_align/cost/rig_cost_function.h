// A soft rig: two cameras, each with its own pose, tied by a measured relative pose.
#pragma once

#include <ceres/cost_function.h>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// Residuals (6):
///   r[0..2] = log(R_measuredᵀ · R₂·R₁ᵀ) / sigma_rotation_rad
///   r[3..5] = (t₂ − R₂·R₁ᵀ·t₁ − t_measured) / sigma_translation
/// where (R₂·R₁ᵀ, t₂ − R₂·R₁ᵀ·t₁) is cam2_from_cam1 of the two poses and `measured` the rig's.
/// Parameters: [0] cam1_from_world, [1] cam2_from_world, pose blocks with PoseManifold.
/// Differentiated automatically. As both sigmas go to 0 the rigid tie of a constant cam_from_rig
/// is reached.
class RigCostFunction {
 public:
  /// The caller (a Problem) owns the result. CHECKs that both sigmas are positive.
  static ceres::CostFunction* Create(const Rigid3d& measured_cam2_from_cam1,
                                     double sigma_rotation_rad, double sigma_translation);
};

}  // namespace ceres_align
