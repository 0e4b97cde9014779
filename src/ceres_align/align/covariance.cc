#include "ceres_align/align/covariance.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <map>
#include <tuple>

#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

constexpr int kTilePx = 32, kSmallestTilePx = 4;
// What a smooth round shape's facets feign stays below: (half the angle between facets)².
constexpr double kLeastRotationInformation = 5e-4;
constexpr int kEnoughTiles = 16, kFewestTiles = 8;

using Vector6d = Eigen::Matrix<double, 6, 1>;

// A pixel of some outline: where it is, and w·Jᵀr.
struct OutlinePixel {
  int view, column, row;
  Vector6d gradient;
};

void AddView(int index, const SilhouetteView& view, const Target& target, Rasterizer* rasterizer,
             const Rigid3d& rig_from_world, Matrix6d* H, std::vector<OutlinePixel>* pixels) {
  std::vector<double> jacobian;
  const Image<double> coverage = rasterizer->Coverage(view.Job(rig_from_world), &jacobian);
  const Matrix6d canonical_from_delta =
      CanonicalFromRig(view.cam_from_rig.rotation,
                       rig_from_world * (view.world_from_object * view.mesh_center_in_object),
                       rig_from_world.translation);
  for (int r = 0; r < coverage.height; ++r) {
    for (int c = 0; c < coverage.width; ++c) {
      const Vector6d canonical = Vector6d::Map(&jacobian[6 * (size_t(r) * coverage.width + c)]);
      if (canonical.isZero(0)) continue;
      const Vector6d row = canonical_from_delta.transpose() * canonical;
      const double w = target.weight().empty() ? 1.0 : target.weight().at(c, r);
      *H += w * row * row.transpose();
      pixels->push_back({index, c, r, w * (coverage.at(c, r) - target.mask().at(c, r)) * row});
    }
  }
}

// The least information on any rotation, the translation being free, relative to the largest on a
// translation; a rotation counts by how far it moves points at `radius`.
double RotationInformation(const Matrix6d& H, double radius) {
  const Eigen::Matrix3d translation = H.bottomRightCorner<3, 3>();
  const Eigen::Matrix3d rotation =
      H.topLeftCorner<3, 3>() -
      H.topRightCorner<3, 3>() * translation.ldlt().solve(H.bottomLeftCorner<3, 3>());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> turn(rotation), shift(translation);
  return turn.eigenvalues()[0] / (radius * radius * shift.eigenvalues()[2]);
}

std::vector<Vector6d> TileGradients(const std::vector<OutlinePixel>& pixels) {
  std::vector<Vector6d> sums;
  for (int tile = kTilePx; tile >= kSmallestTilePx; tile /= 2) {
    std::map<std::tuple<int, int, int>, Vector6d> tiles;
    for (const OutlinePixel& pixel : pixels) {
      const auto [place, added] =
          tiles.try_emplace({pixel.view, pixel.row / tile, pixel.column / tile}, Vector6d::Zero());
      place->second += pixel.gradient;
    }
    sums.clear();
    for (const auto& [key, gradient] : tiles) sums.push_back(gradient);
    if (sums.size() >= kEnoughTiles) break;
  }
  return sums;
}

}  // namespace

std::optional<Matrix6d> SandwichCovariance(const std::vector<SilhouetteView>& views,
                                           const std::vector<const Target*>& targets,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world) {
  Matrix6d H = Matrix6d::Zero();
  std::vector<OutlinePixel> pixels;
  for (size_t i = 0; i < views.size(); ++i) {
    AddView(static_cast<int>(i), views[i], *targets[i], rasterizer, rig_from_world, &H, &pixels);
  }
  if (!(H.diagonal().minCoeff() > 0)) return std::nullopt;
  if (!(RotationInformation(H, radius) > kLeastRotationInformation)) return std::nullopt;
  // Scaled to a unit diagonal, so that the test of rank does not depend on the units.
  const Vector6d scale = H.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Matrix6d> eigen(
      Matrix6d(scale.asDiagonal() * H * scale.asDiagonal()));
  if (!(eigen.eigenvalues()[0] > 1e-10)) return std::nullopt;
  const Matrix6d inverse = scale.asDiagonal() *
                           (eigen.eigenvectors() * eigen.eigenvalues().cwiseInverse().asDiagonal() *
                            eigen.eigenvectors().transpose()) *
                           scale.asDiagonal();
  const std::vector<Vector6d> gradients = TileGradients(pixels);
  const double n = static_cast<double>(gradients.size());
  if (n < kFewestTiles) return std::nullopt;
  Matrix6d meat = Matrix6d::Zero();
  for (const Vector6d& g : gradients) meat += g * g.transpose();
  const Matrix6d covariance = inverse * meat * inverse * (n / (n - 6));
  return Matrix6d(0.5 * (covariance + covariance.transpose()));
}

}  // namespace ceres_align
