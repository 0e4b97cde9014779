#include "ceres_align/cost/gram_rows.h"

#include <cmath>

namespace ceres_align {

Matrix7d TransformGram(const GramResult& result, const Matrix6d& canonical_from_delta) {
  const Matrix7d canonical = Eigen::Map<const Matrix7d>(result.gram);
  Matrix7d gram;
  const Matrix6d half = canonical.topLeftCorner<6, 6>() * canonical_from_delta;
  gram.topLeftCorner<6, 6>() = canonical_from_delta.transpose() * half;
  gram.topRightCorner<6, 1>() = canonical_from_delta.transpose() * canonical.topRightCorner<6, 1>();
  gram.bottomLeftCorner<1, 6>() = gram.topRightCorner<6, 1>().transpose();
  gram(6, 6) = canonical(6, 6);
  return gram;
}

namespace {

// Lᵀ of the scaled matrix, so that its columns are those of [J r] but for `norm`.
template <typename Matrix, typename Vector>
void ScaledCholesky(const Matrix& gram, Vector* norm_out, Matrix* upper_out) {
  constexpr double kSmallestPivot = 1e-14;
  const int n = static_cast<int>(gram.rows());
  Vector& norm = *norm_out;
  for (int i = 0; i < n; ++i) norm[i] = gram(i, i) > 0 ? std::sqrt(gram(i, i)) : 0.0;
  Matrix& upper = *upper_out;
  for (int i = 0; i < n; ++i) {
    if (norm[i] == 0) continue;
    double pivot = gram(i, i) / (norm[i] * norm[i]);
    for (int k = 0; k < i; ++k) pivot -= upper(k, i) * upper(k, i);
    if (i < n - 1 && pivot < kSmallestPivot) continue;
    upper(i, i) = std::sqrt(std::max(pivot, 0.0));
    if (i == n - 1) break;
    for (int j = i + 1; j < n; ++j) {
      if (norm[j] == 0) continue;
      double sum = gram(i, j) / (norm[i] * norm[j]);
      for (int k = 0; k < i; ++k) sum -= upper(k, i) * upper(k, j);
      upper(i, j) = sum / upper(i, i);
    }
  }
}

}  // namespace

SevenRows RowsFromGram(const Matrix7d& gram) {
  Vector7d norm;
  Matrix7d upper = Matrix7d::Zero();
  ScaledCholesky(gram, &norm, &upper);
  SevenRows rows;
  rows.jacobian = upper.leftCols<6>() * norm.head<6>().asDiagonal();
  rows.residuals = upper.col(6) * norm[6];
  return rows;
}

GramRows RowsFromGram(const Eigen::MatrixXd& gram) {
  const Eigen::Index n = gram.rows() - 1;
  Eigen::VectorXd norm(n + 1);
  Eigen::MatrixXd upper = Eigen::MatrixXd::Zero(n + 1, n + 1);
  ScaledCholesky(gram, &norm, &upper);
  return {upper.col(n) * norm[n], upper.leftCols(n) * norm.head(n).asDiagonal()};
}

}  // namespace ceres_align
