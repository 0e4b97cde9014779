#include "ceres_align/assess/model_misfit.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

namespace ceres_align {
namespace {

constexpr int kTilePx = 32;
constexpr double kLimit = 4;  // of the misfit's scale
// A pixel with less outline than this tells no displacement.
constexpr double kLeastLength_px = 0.05;
constexpr double kRankTolerance = 1e-8;

using Vector12d = Eigen::Matrix<double, 12, 1>;
using Matrix12d = Eigen::Matrix<double, 12, 12>;

// The sum of squares that a least squares fit by the first n parameters takes away, in a scaling
// that makes the diagonal one; directions without information are left alone.
double Gain(const Matrix12d& H, const Vector12d& g, int n, Vector12d* x) {
  const Eigen::VectorXd scale =
      H.diagonal().head(n).cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled =
      scale.asDiagonal() * H.topLeftCorner(n, n) * scale.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scaled);
  Eigen::VectorXd inverse = eigen.eigenvalues();
  const double least = kRankTolerance * inverse[n - 1];
  for (int i = 0; i < n; ++i) inverse[i] = inverse[i] > least ? 1 / inverse[i] : 0;
  const Eigen::VectorXd rhs = scale.cwiseProduct(g.head(n));
  const Eigen::VectorXd y = eigen.eigenvectors() * inverse.asDiagonal() *
                            (eigen.eigenvectors().transpose() * rhs);
  x->setZero();
  x->head(n) = scale.cwiseProduct(y);
  return rhs.dot(y);
}

}  // namespace

ModelMisfit MeasureModelMisfit(const std::vector<OutlinePixel>& pixels, const Misfit& misfit) {
  ModelMisfit found;
  const double limit = kLimit * misfit.scale_px;
  Matrix12d H = Matrix12d::Zero();
  Vector12d g = Vector12d::Zero();
  double squares = 0, length = 0;
  std::set<std::tuple<int, int, int>> tiles;
  for (const OutlinePixel& pixel : pixels) {
    const double l = pixel.length_px();
    if (l < kLeastLength_px) continue;
    Vector12d row;
    row << pixel.by_pose, pixel.by_stretch;
    row /= l;
    const double e = std::clamp(pixel.displacement_px, -limit, limit);
    H += pixel.weight * l * row * row.transpose();
    g += pixel.weight * l * e * row;
    squares += pixel.weight * l * e * e;
    length += pixel.weight * l;
    tiles.insert({pixel.view, pixel.row / kTilePx, pixel.column / kTilePx});
  }
  if (!(length > 0)) return found;
  Vector12d x;
  const double left = squares - Gain(H, g, 6, &x);
  const double gone = squares - left, all_gone = Gain(H, g, 12, &x);
  if (!(left > 0)) return found;
  found.rms_px = std::sqrt(left / length);
  found.stretch_explains = std::clamp((all_gone - gone) / left, 0.0, 1.0);
  found.stretch_by_chance =
      std::min(1.0, 6.0 / std::max(1.0, static_cast<double>(tiles.size()) - 6));
  Eigen::Matrix3d S;
  S << x[6], x[11], x[10], x[11], x[7], x[9], x[10], x[9], x[8];
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> stretch(S);
  found.stretch = stretch.eigenvalues()[2] - stretch.eigenvalues()[0];
  return found;
}

}  // namespace ceres_align
