// The pixels on an outline with all that a pose's figures are sums of: by the pose and by the focal
// length.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

/// r = M − T; derivative of M by [ω, v/radius, log f]: PoseManifold's tangent with translations in
/// the object's radii, so that all seven are comparable.
struct OutlinePixel {
  int column, row;
  double weight, residual;
  Eigen::Matrix<double, 7, 1> derivative;
};

struct ViewPixels {
  std::vector<OutlinePixel> pixels;  ///< those of nonzero weight that the pose moves
  Eigen::Matrix<double, 7, 7> H = Eigen::Matrix<double, 7, 7>::Zero();  ///< Σ w J Jᵀ
  Eigen::Matrix<double, 7, 1> g = Eigen::Matrix<double, 7, 1>::Zero();  ///< Σ w J r
  double cost = 0;          ///< ½ Σ w r² over all pixels
  double outline_cost = 0;  ///< over `pixels`
  int tile_px = 0;          ///< 32, or less where that leaves fewer than 16 tiles
  size_t num_tiles = 0;     ///< that the outline passes
};

/// At rig_from_world and focal_factor times the focal lengths; log f by a difference (of 1e-6).
ViewPixels CollectOutline(const SilhouetteView& view, const Target& target, Rasterizer* rasterizer,
                          double radius, const Rigid3d& rig_from_world, double focal_factor = 1);

/// H⁺: directions that the outlines do not tell stay where they are. N = 6 or 7.
template <int N>
Eigen::Matrix<double, N, N> PseudoInverse(const Eigen::Matrix<double, N, N>& H);

/// Σ_t g_t g_tᵀ · n / (n − N) over the n tiles t of a view, of the residuals that a step of the
/// first N parameters leaves. N = 6 or 7.
template <int N>
Eigen::Matrix<double, N, N> TileNoise(const ViewPixels& view,
                                      const Eigen::Matrix<double, N, 1>& step);

}  // namespace ceres_align
