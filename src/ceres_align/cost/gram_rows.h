// From a view's Gram matrix to the seven rows that stand for all its pixels.
#pragma once

#include <Eigen/Core>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

using Matrix6d = Eigen::Matrix<double, 6, 6>;
using Matrix7d = Eigen::Matrix<double, 7, 7>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

/// The Gram matrix by δ, where δ_canonical = A·δ (see CanonicalFromRig).
Matrix7d TransformGram(const GramResult& result, const Matrix6d& canonical_from_delta);

/// Seven residuals and their Jacobian with the same ½|r|², Jᵀr and JᵀJ as all the pixels behind
/// `gram` = [J r]ᵀ[J r].
struct SevenRows {
  Vector7d residuals;
  Eigen::Matrix<double, 7, 6> jacobian;
};
/// A Cholesky factor of the scaled Gram matrix, pose columns first, no pivoting; a pivot below
/// 1e-14 (a direction that the view does not see) leaves its row zero.
SevenRows RowsFromGram(const Matrix7d& gram);

/// The same for any number of columns: n + 1 rows from an (n + 1)x(n + 1) matrix, r last.
struct GramRows {
  Eigen::VectorXd residuals;
  Eigen::MatrixXd jacobian;  ///< n columns
};
GramRows RowsFromGram(const Eigen::MatrixXd& gram);

}  // namespace ceres_align
