// The templates behind SandwichCovariance and JointCovariance (covariance.h): tiles of the
// outline's pixels and the sandwich over them.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "ceres_align/assess/misfit.h"
#include "ceres_align/assess/outline_pixels.h"
#include "ceres_align/geometry/symmetric_matrix.h"

namespace ceres_align::tile_sandwich {

inline constexpr int kTilePx = 32, kSmallestTilePx = 4;
inline constexpr int kEnoughTiles = 32, kFewestTiles = 8;
// A tile that alone determines a direction would leave nothing of it.
inline constexpr double kMostLeverage = 0.99;
// Tiles grow while that makes the gradient's noise grow by this, and so many are left.
inline constexpr double kStillCorrelated = 1.2;
inline constexpr int kEnoughLongTiles = 16;
inline constexpr int kWidestTilePx = 512;

// The pixels with ∂M by the unknowns: by the pose, or by the rows of a matrix.
struct PoseRows {
  static constexpr int kColumns = 6;
  const std::vector<OutlinePixel>& pixels;
  int columns() const { return 6; }
  const Vector6d& operator()(size_t i) const { return pixels[i].by_pose; }
};
struct MatrixRows {
  static constexpr int kColumns = Eigen::Dynamic;
  const std::vector<OutlinePixel>& pixels;
  const Eigen::MatrixXd& transposed;  // column i: of pixel i
  int columns() const { return static_cast<int>(transposed.rows()); }
  auto operator()(size_t i) const { return transposed.col(static_cast<Eigen::Index>(i)); }
};

template <typename Rows>
using VectorOf = Eigen::Matrix<double, Rows::kColumns, 1>;
template <typename Rows>
using MatrixOf = Eigen::Matrix<double, Rows::kColumns, Rows::kColumns>;

template <typename Rows>
struct Tile {
  VectorOf<Rows> g;  // Σ Jᵀr
  MatrixOf<Rows> H;  // Σ JᵀJ
  bool begun = false;
  void Begin(int n) {
    if (begun) return;
    g.setZero(n);
    H.setZero(n, n);
    begun = true;
  }
};

// The tiles that the outline passes, of a tiling shifted by (shift_x, shift_y) px.
template <typename Rows>
std::vector<Tile<Rows>> TilesOf(const Rows& rows, const Misfit& misfit, int tile_px, int shift_x,
                                int shift_y) {
  std::map<std::tuple<int, int, int>, Tile<Rows>> tiles;
  for (size_t i = 0; i < rows.pixels.size(); ++i) {
    const OutlinePixel& pixel = rows.pixels[i];
    Tile<Rows>& tile =
        tiles[{pixel.view, (pixel.row + shift_y) / tile_px, (pixel.column + shift_x) / tile_px}];
    tile.Begin(rows.columns());
    tile.g += pixel.weight * pixel.residual * rows(i);
    const double k = misfit.Curvature(pixel.displacement_px);
    if (k > 0) tile.H += k * pixel.weight * rows(i) * rows(i).transpose();
  }
  std::vector<Tile<Rows>> list;
  list.reserve(tiles.size());
  for (const auto& [key, tile] : tiles) list.push_back(tile);
  return list;
}

// tr(H⁻¹ Σ_t g_t g_tᵀ), WᵀW = H⁻¹: how large the gradient's noise is by these tiles.
template <typename Rows>
double NoiseOf(const std::vector<Tile<Rows>>& tiles, const MatrixOf<Rows>& W) {
  double sum = 0;
  for (const Tile<Rows>& tile : tiles) sum += (W * tile.g).squaredNorm();
  return sum;
}

template <typename Rows>
int TileSize(const Rows& pixels, const Misfit& misfit, const MatrixOf<Rows>& H) {
  const MatrixOf<Rows> W = InverseRoot<Rows::kColumns>(H);
  int tile_px = kTilePx;
  std::vector<Tile<Rows>> tiles = TilesOf(pixels, misfit, tile_px, 0, 0);
  while (tile_px > kSmallestTilePx && tiles.size() < kEnoughTiles) {
    tile_px /= 2;
    tiles = TilesOf(pixels, misfit, tile_px, 0, 0);
  }
  double noise = NoiseOf<Rows>(tiles, W);
  while (tile_px < kWidestTilePx) {
    tiles = TilesOf(pixels, misfit, 2 * tile_px, 0, 0);
    const double wider = NoiseOf<Rows>(tiles, W);
    if (tiles.size() < kEnoughLongTiles || !(wider > kStillCorrelated * noise)) break;
    tile_px *= 2;
    noise = wider;
  }
  return tile_px;
}

// By how much the area in a pixel changes where the whole outline is displaced: outwards, along x,
// along y, away from the outline's middle (by 1 px at its rms radius).
using Fields = Eigen::Matrix<double, 4, 1>;
inline Fields ByCommonFields(const OutlinePixel& pixel, const Eigen::Vector2d& middle_px,
                             double radius_px) {
  Fields by;
  by << pixel.by_offset(), pixel.by_shift,
      pixel.by_shift.dot(pixel.from_center_px - middle_px) / radius_px;
  return by;
}

// Σ_v σ_v² Σ_k b_vk b_vkᵀ.
template <typename Rows>
MatrixOf<Rows> CommonNoise(const Rows& rows, const Misfit& misfit) {
  std::map<int, std::vector<size_t>> by_view;
  for (size_t i = 0; i < rows.pixels.size(); ++i) by_view[rows.pixels[i].view].push_back(i);
  const int n = rows.columns();
  MatrixOf<Rows> noise = MatrixOf<Rows>::Zero(n, n);
  for (const auto& [view, indices] : by_view) {
    std::vector<OutlinePixel> own;
    own.reserve(indices.size());
    for (const size_t i : indices) own.push_back(rows.pixels[i]);
    const Misfit of_view = MeasureMisfit(own);
    if (!(of_view.scale_px > 0.5)) continue;
    Eigen::Vector2d middle = Eigen::Vector2d::Zero();
    for (const OutlinePixel& pixel : own) middle += pixel.from_center_px;
    middle /= static_cast<double>(own.size());
    double squares = 0;
    for (const OutlinePixel& pixel : own) squares += (pixel.from_center_px - middle).squaredNorm();
    const double radius_px = std::max(1.0, std::sqrt(squares / static_cast<double>(own.size())));
    Eigen::Matrix<double, Rows::kColumns, 4> b =
        Eigen::Matrix<double, Rows::kColumns, 4>::Zero(n, 4);
    for (const size_t i : indices) {
      const OutlinePixel& pixel = rows.pixels[i];
      const double k = misfit.Curvature(pixel.displacement_px);
      if (k > 0) {
        b += k * pixel.weight * rows(i) * ByCommonFields(pixel, middle, radius_px).transpose();
      }
    }
    noise += of_view.long_px * of_view.long_px * b * b.transpose();
  }
  return noise;
}

// H⁻¹ (Σ_t a_t a_tᵀ + white) H⁻¹, a_t = (I − H_t H⁻¹)^(−½) g_t: the optimum has made a tile's
// residuals smaller the more of H comes from it.
template <typename Rows>
MatrixOf<Rows> Sandwich(const MatrixOf<Rows>& H, const MatrixOf<Rows>& white,
                        const std::vector<Tile<Rows>>& tiles) {
  using Matrix = MatrixOf<Rows>;
  using Vector = VectorOf<Rows>;
  // To the axes where H is the identity.
  const Matrix W = InverseRoot<Rows::kColumns>(H);
  Matrix sum = W * white * W.transpose();
  for (const Tile<Rows>& tile : tiles) {
    const Matrix share = W * tile.H * W.transpose();
    const SymmetricEigen<Rows::kColumns> eigen = EigenOf<Rows::kColumns>(share);
    const Vector left =
        (Vector::Ones(H.rows()) - eigen.values).cwiseMax(1 - kMostLeverage).cwiseSqrt();
    const Vector g = W * tile.g;
    const Vector along = eigen.vectors.transpose() * g;
    const Vector a = eigen.vectors * along.cwiseQuotient(left);
    sum += a * a.transpose();
  }
  return W.transpose() * sum * W;
}

// The mean of four tilings; nothing where too few tiles are left.
template <typename Rows>
std::optional<MatrixOf<Rows>> OverTilings(const Rows& rows, const Misfit& misfit,
                                          const MatrixOf<Rows>& H, const MatrixOf<Rows>& others,
                                          std::string* why) {
  const int tile_px = TileSize(rows, misfit, H);
  const MatrixOf<Rows> white = others + CommonNoise(rows, misfit);
  MatrixOf<Rows> covariance = MatrixOf<Rows>::Zero(H.rows(), H.rows());
  for (const int shift_x : {0, tile_px / 2}) {
    for (const int shift_y : {0, tile_px / 2}) {
      const std::vector<Tile<Rows>> tiles = TilesOf(rows, misfit, tile_px, shift_x, shift_y);
      if (tiles.size() < kFewestTiles) {
        *why = "the outlines pass too few tiles to tell their noise";
        return std::nullopt;
      }
      covariance += 0.25 * Sandwich<Rows>(H, white, tiles);
    }
  }
  return MatrixOf<Rows>(0.5 * (covariance + covariance.transpose()));
}

}  // namespace ceres_align::tile_sandwich
