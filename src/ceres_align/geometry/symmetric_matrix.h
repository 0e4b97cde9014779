/// Decompositions of small symmetric matrices. They are Eigen's, compiled once: each file that
/// instantiates one costs 5 to 15 s of compiling.
#pragma once

#include <Eigen/Core>

namespace ceres_align {

/// The matrix is Σ values[i] · vectors.col(i) · vectors.col(i)ᵀ.
template <int N>
struct SymmetricEigen {
  Eigen::Matrix<double, N, 1> values;   ///< ascending
  Eigen::Matrix<double, N, N> vectors;  ///< of length 1, at right angles to each other
};

/// Eigenvalues and eigenvectors of a symmetric matrix (its lower triangle is read) by
/// Eigen::SelfAdjointEigenSolver. NaN in, NaN out. N is 3, 6 or Eigen::Dynamic.
template <int N>
SymmetricEigen<N> EigenOf(const Eigen::Matrix<double, N, N>& symmetric);

/// W = L⁻¹ of the Cholesky factor H = L·Lᵀ: W·H·Wᵀ = I, WᵀW = H⁻¹. For a positive definite H; not
/// finite, or without meaning, for any other. N is 6 or Eigen::Dynamic.
template <int N>
Eigen::Matrix<double, N, N> InverseRoot(const Eigen::Matrix<double, N, N>& H);

/// H⁻¹ · right by Eigen::LDLT, for a symmetric, semi-definite H; sizes n × n and n × m.
Eigen::MatrixXd SolveSymmetric(const Eigen::MatrixXd& H, const Eigen::MatrixXd& right);

}  // namespace ceres_align
