#include "ceres_align/assess/covariance.h"

#include <glog/logging.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <map>
#include <tuple>

#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

constexpr int kTilePx = 32, kSmallestTilePx = 4;
// What a smooth round shape's facets feign stays below: (half the angle between facets)².
constexpr double kLeastRotationInformation = 5e-4;
constexpr int kEnoughTiles = 32, kFewestTiles = 8;
// A tile that alone determines a direction would leave nothing of it.
constexpr double kMostLeverage = 0.99;

using Vector6d = Eigen::Matrix<double, 6, 1>;

// A pixel of some outline: where it is, √w·J and √w·r; w is the pixel's weight times the view's.
struct OutlinePixel {
  int view, column, row;
  Vector6d row_of_J;
  double residual;
};

void AddView(int index, const WeightedView& weighted, Rasterizer* rasterizer,
             const Rigid3d& rig_from_world, Matrix6d* H, std::vector<OutlinePixel>* pixels) {
  const SilhouetteView& view = weighted.view;
  const Target& target = *weighted.target;
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
      const double w = weighted.weight * (target.weight().empty() ? 1.0 : target.weight().at(c, r));
      *H += w * row * row.transpose();
      pixels->push_back({index, c, r, std::sqrt(w) * row,
                         std::sqrt(w) * (coverage.at(c, r) - target.mask().at(c, r))});
    }
  }
}

// The least information on any rotation, the translation being free, relative to the largest that
// the outlines have on a translation; a rotation counts by how far it moves points at `radius`.
double RotationInformation(const Matrix6d& H, const Matrix6d& H_of_views, double radius) {
  const Eigen::Matrix3d translation = H.bottomRightCorner<3, 3>();
  const Eigen::Matrix3d rotation =
      H.topLeftCorner<3, 3>() -
      H.topRightCorner<3, 3>() * translation.ldlt().solve(H.bottomLeftCorner<3, 3>());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> turn(rotation),
      shift(Eigen::Matrix3d(H_of_views.bottomRightCorner<3, 3>()));
  return turn.eigenvalues()[0] / (radius * radius * shift.eigenvalues()[2]);
}

struct Tile {
  Vector6d g = Vector6d::Zero();  // Σ Jᵀr
  Matrix6d H = Matrix6d::Zero();  // Σ JᵀJ
};

// The tiles that the outline passes, of a tiling shifted by (shift_x, shift_y) px.
std::vector<Tile> TilesOf(const std::vector<OutlinePixel>& pixels, int tile_px, int shift_x,
                          int shift_y) {
  std::map<std::tuple<int, int, int>, Tile> tiles;
  for (const OutlinePixel& pixel : pixels) {
    Tile& tile =
        tiles[{pixel.view, (pixel.row + shift_y) / tile_px, (pixel.column + shift_x) / tile_px}];
    tile.g += pixel.row_of_J * pixel.residual;
    tile.H += pixel.row_of_J * pixel.row_of_J.transpose();
  }
  std::vector<Tile> list;
  list.reserve(tiles.size());
  for (const auto& [key, tile] : tiles) list.push_back(tile);
  return list;
}

int TileSize(const std::vector<OutlinePixel>& pixels) {
  int tile_px = kTilePx;
  while (tile_px > kSmallestTilePx && TilesOf(pixels, tile_px, 0, 0).size() < kEnoughTiles) {
    tile_px /= 2;
  }
  return tile_px;
}

// H⁻¹ (Σ_t a_t a_tᵀ + H₀) H⁻¹, a_t = (I − H_t H⁻¹)^(−½) g_t: the optimum has made a tile's
// residuals smaller the more of H comes from it.
Matrix6d Sandwich(const Matrix6d& H, const Matrix6d& other_information,
                  const std::vector<Tile>& tiles) {
  const Eigen::LLT<Matrix6d> llt(H);
  // In the axes where H is the identity.
  const Matrix6d half_of_others = llt.matrixL().solve(other_information);
  Matrix6d sum = llt.matrixL().solve(half_of_others.transpose());
  for (const Tile& tile : tiles) {
    const Matrix6d half = llt.matrixL().solve(tile.H);
    const Matrix6d share = llt.matrixL().solve(half.transpose());
    const Eigen::SelfAdjointEigenSolver<Matrix6d> eigen(share);
    const Vector6d left =
        (Vector6d::Ones() - eigen.eigenvalues()).cwiseMax(1 - kMostLeverage).cwiseSqrt();
    const Vector6d a =
        eigen.eigenvectors() *
        (eigen.eigenvectors().transpose() * llt.matrixL().solve(tile.g)).cwiseQuotient(left);
    sum += a * a.transpose();
  }
  const Matrix6d inverse_root = llt.matrixL().solve(Matrix6d::Identity());
  return inverse_root.transpose() * sum * inverse_root;
}

// Nothing if H determines all six degrees of freedom, else why it does not.
std::string WhyUndetermined(const Matrix6d& H, const Matrix6d& H_of_views, double radius) {
  if (!(H.diagonal().minCoeff() > 0)) return "some motion changes nothing";
  if (!(RotationInformation(H, H_of_views, radius) > kLeastRotationInformation)) {
    return "some rotation is seen no better than by the facets of a round object's mesh";
  }
  // Scaled to a unit diagonal, so that the test of rank does not depend on the units.
  const Vector6d scale = H.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::SelfAdjointEigenSolver<Matrix6d> eigen(
      Matrix6d(scale.asDiagonal() * H * scale.asDiagonal()));
  return eigen.eigenvalues()[0] > 1e-10 ? "" : "some combination of motions changes nothing";
}

}  // namespace

std::optional<Matrix6d> SandwichCovariance(const std::vector<SilhouetteView>& views,
                                           const std::vector<const Target*>& targets,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world) {
  CHECK_EQ(views.size(), targets.size());
  std::vector<WeightedView> weighted;
  for (size_t i = 0; i < views.size(); ++i) weighted.push_back({views[i], targets[i], 1.0});
  return SandwichCovariance(weighted, Matrix6d::Zero(), rasterizer, radius, rig_from_world,
                            nullptr);
}

std::optional<Matrix6d> SandwichCovariance(const std::vector<WeightedView>& views,
                                           const Matrix6d& other_information,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world, std::string* why) {
  CHECK(other_information.allFinite());
  CHECK_GT(radius, 0);
  std::string unused;
  if (why == nullptr) why = &unused;
  Matrix6d H_of_views = Matrix6d::Zero();
  std::vector<OutlinePixel> pixels;
  for (size_t i = 0; i < views.size(); ++i) {
    CHECK(views[i].target != nullptr) << "view " << i;
    CHECK(views[i].weight > 0 && std::isfinite(views[i].weight)) << "view " << i;
    AddView(static_cast<int>(i), views[i], rasterizer, rig_from_world, &H_of_views, &pixels);
  }
  const Matrix6d H = H_of_views + other_information;
  *why = WhyUndetermined(H, H_of_views, radius);
  if (!why->empty()) return std::nullopt;
  const int tile_px = TileSize(pixels);
  Matrix6d covariance = Matrix6d::Zero();
  for (const int shift_x : {0, tile_px / 2}) {
    for (const int shift_y : {0, tile_px / 2}) {
      const std::vector<Tile> tiles = TilesOf(pixels, tile_px, shift_x, shift_y);
      if (tiles.size() < kFewestTiles) {
        *why = "the outlines pass too few tiles to tell their noise";
        return std::nullopt;
      }
      covariance += 0.25 * Sandwich(H, other_information, tiles);
    }
  }
  return Matrix6d(0.5 * (covariance + covariance.transpose()));
}

}  // namespace ceres_align
