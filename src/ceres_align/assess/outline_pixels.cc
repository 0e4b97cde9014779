#include "ceres_align/assess/outline_pixels.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <map>

#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

using Vector6d = Eigen::Matrix<double, 6, 1>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

constexpr int kTilePx = 32, kSmallestTilePx = 4;
constexpr int kEnoughTiles = 16;
// Of f, for the difference: the outline moves so little that few pixels see it leave or enter.
constexpr double kFocalStep = 1e-6;
// Eigenvalues below this part of the largest are directions that the outlines do not tell.
constexpr double kRankTolerance = 1e-9;

int TileIndex(const OutlinePixel& pixel, int tile_px) {
  return (pixel.row / tile_px) * 65536 + pixel.column / tile_px;
}

void ChooseTiles(ViewPixels* view) {
  for (int tile = kTilePx; tile >= kSmallestTilePx; tile /= 2) {
    std::map<int, int> seen;
    for (const OutlinePixel& pixel : view->pixels) ++seen[TileIndex(pixel, tile)];
    view->tile_px = tile;
    view->num_tiles = seen.size();
    if (seen.size() >= kEnoughTiles) return;
  }
}

}  // namespace

ViewPixels CollectOutline(const SilhouetteView& view, const Target& target, Rasterizer* rasterizer,
                          double radius, const Rigid3d& rig_from_world, double focal_factor) {
  std::vector<double> jacobian;
  RasterJob job = view.Job(rig_from_world);
  job.camera.fx_px *= focal_factor;
  job.camera.fy_px *= focal_factor;
  const Image<double> coverage = rasterizer->Coverage(job, &jacobian);
  job.camera.fx_px *= 1 + kFocalStep;
  job.camera.fy_px *= 1 + kFocalStep;
  const Image<double> longer = rasterizer->Coverage(job, nullptr);
  const Matrix6d canonical_from_delta =
      CanonicalFromRig(view.cam_from_rig.rotation,
                       rig_from_world * (view.world_from_object * view.mesh_center_in_object),
                       rig_from_world.translation);
  ViewPixels out;
  for (int r = 0; r < coverage.height; ++r) {
    for (int c = 0; c < coverage.width; ++c) {
      const Vector6d canonical = Vector6d::Map(&jacobian[6 * (size_t(r) * coverage.width + c)]);
      const double w = target.weight().empty() ? 1.0 : target.weight().at(c, r);
      const double residual = coverage.at(c, r) - target.mask().at(c, r);
      out.cost += 0.5 * w * residual * residual;
      if (canonical.isZero(0) || w == 0) continue;
      out.outline_cost += 0.5 * w * residual * residual;
      OutlinePixel pixel{c, r, w, residual, {}};
      pixel.derivative << canonical_from_delta.transpose() * canonical,
          (longer.at(c, r) - coverage.at(c, r)) / kFocalStep;
      pixel.derivative.segment<3>(3) *= radius;
      out.H += w * pixel.derivative * pixel.derivative.transpose();
      out.g += w * pixel.residual * pixel.derivative;
      out.pixels.push_back(pixel);
    }
  }
  ChooseTiles(&out);
  return out;
}

template <int N>
Eigen::Matrix<double, N, N> PseudoInverse(const Eigen::Matrix<double, N, N>& H) {
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, N, N>> eigen(H);
  Eigen::Matrix<double, N, 1> inverse = eigen.eigenvalues();
  const double least = kRankTolerance * inverse[N - 1];
  for (int i = 0; i < N; ++i) inverse[i] = inverse[i] > least && least > 0 ? 1 / inverse[i] : 0;
  return eigen.eigenvectors() * inverse.asDiagonal() * eigen.eigenvectors().transpose();
}

template <int N>
Eigen::Matrix<double, N, N> TileNoise(const ViewPixels& view,
                                      const Eigen::Matrix<double, N, 1>& step) {
  std::map<int, Eigen::Matrix<double, N, 1>> tiles;
  for (const OutlinePixel& pixel : view.pixels) {
    const Eigen::Matrix<double, N, 1> J = pixel.derivative.head<N>();
    const auto [place, added] =
        tiles.try_emplace(TileIndex(pixel, view.tile_px), Eigen::Matrix<double, N, 1>::Zero());
    place->second += pixel.weight * (pixel.residual + J.dot(step)) * J;
  }
  Eigen::Matrix<double, N, N> sum = Eigen::Matrix<double, N, N>::Zero();
  for (const auto& [key, g] : tiles) sum += g * g.transpose();
  const double n = static_cast<double>(tiles.size());
  return sum * (n / std::max(1.0, n - N));
}

template Eigen::Matrix<double, 6, 6> PseudoInverse<6>(const Eigen::Matrix<double, 6, 6>&);
template Eigen::Matrix<double, 7, 7> PseudoInverse<7>(const Eigen::Matrix<double, 7, 7>&);
template Eigen::Matrix<double, 6, 6> TileNoise<6>(const ViewPixels&,
                                                  const Eigen::Matrix<double, 6, 1>&);
template Eigen::Matrix<double, 7, 7> TileNoise<7>(const ViewPixels&,
                                                  const Eigen::Matrix<double, 7, 1>&);

}  // namespace ceres_align
