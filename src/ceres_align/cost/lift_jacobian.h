// From a Jacobian by a block's tangent to the one by its ambient parameters that Ceres asks for.
#pragma once

#include <Eigen/Core>

#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {

/// A pose block [qx, qy, qz, qw, tx, ty, tz]: the six columns [first, first + 6) of `by_tangents`,
/// by PoseManifold's tangent, become J6 · MinusJacobian. `jacobian`: rows x 7, row-major.
inline void LiftPoseJacobian(const Eigen::MatrixXd& by_tangents, int first, const double* block,
                             double* jacobian) {
  using RowMajorX7d = Eigen::Matrix<double, Eigen::Dynamic, 7, Eigen::RowMajor>;
  Eigen::Matrix<double, 6, 7, Eigen::RowMajor> lift;
  PoseManifold().MinusJacobian(block, lift.data());
  Eigen::Map<RowMajorX7d>(jacobian, by_tangents.rows(), 7) =
      by_tangents.middleCols<6>(first) * lift;
}

/// Any other block is its own tangent: its `size` columns from `first` on. `jacobian`: rows x size,
/// row-major.
inline void CopyJacobian(const Eigen::MatrixXd& by_tangents, int first, int size,
                         double* jacobian) {
  using RowMajorXd = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Eigen::Map<RowMajorXd>(jacobian, by_tangents.rows(), size) = by_tangents.middleCols(first, size);
}

}  // namespace ceres_align
