#include "ceres_align/geometry/symmetric_matrix.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>

namespace ceres_align {

template <int N>
SymmetricEigen<N> EigenOf(const Eigen::Matrix<double, N, N>& symmetric) {
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, N, N>> eigen(symmetric);
  return {eigen.eigenvalues(), eigen.eigenvectors()};
}
template SymmetricEigen<3> EigenOf(const Eigen::Matrix<double, 3, 3>&);
template SymmetricEigen<6> EigenOf(const Eigen::Matrix<double, 6, 6>&);
template SymmetricEigen<Eigen::Dynamic> EigenOf(const Eigen::MatrixXd&);

template <int N>
Eigen::Matrix<double, N, N> InverseRoot(const Eigen::Matrix<double, N, N>& H) {
  using Matrix = Eigen::Matrix<double, N, N>;
  const Eigen::LLT<Matrix> llt(H);
  return llt.matrixL().solve(Matrix::Identity(H.rows(), H.rows()));
}
template Eigen::Matrix<double, 6, 6> InverseRoot(const Eigen::Matrix<double, 6, 6>&);
template Eigen::MatrixXd InverseRoot(const Eigen::MatrixXd&);

Eigen::MatrixXd SolveSymmetric(const Eigen::MatrixXd& H, const Eigen::MatrixXd& right) {
  return H.ldlt().solve(right);
}

}  // namespace ceres_align
