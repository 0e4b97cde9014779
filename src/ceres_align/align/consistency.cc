#include "ceres_align/align/consistency.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <map>
#include <utility>

#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

constexpr int kTilePx = 32, kSmallestTilePx = 4;
constexpr int kEnoughTiles = 16, kFewestTiles = 8;
// Of log f, for the central difference: 0.05 px at 500 px from the principal point.
constexpr double kFocalStep = 1e-4;
// Eigenvalues below this part of the largest are directions that the outlines do not tell.
constexpr double kRankTolerance = 1e-7;

using Vector6d = Eigen::Matrix<double, 6, 1>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

// A pixel on the outline: J and q with translations in radii, so that all seven are comparable.
struct OutlinePixel {
  int column, row;
  double weight, residual;
  Vector7d derivative;
};

struct ViewPixels {
  std::vector<OutlinePixel> pixels;
  Matrix7d H = Matrix7d::Zero();
  Vector7d g = Vector7d::Zero();
  int tile_px = kTilePx;
  size_t num_tiles = 0;
};

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

ViewPixels Collect(const SilhouetteView& view, const Target& target, Rasterizer* rasterizer,
                   double radius, const Rigid3d& rig_from_world) {
  std::vector<double> jacobian;
  RasterJob job = view.Job(rig_from_world);
  const Image<double> coverage = rasterizer->Coverage(job, &jacobian);
  const Camera camera = job.camera;
  const auto with_focal = [&](double factor) {
    job.camera.fx_px = factor * camera.fx_px;
    job.camera.fy_px = factor * camera.fy_px;
    return rasterizer->Coverage(job, nullptr);
  };
  const Image<double> longer = with_focal(1 + kFocalStep), shorter = with_focal(1 - kFocalStep);
  const Matrix6d canonical_from_delta =
      CanonicalFromRig(view.cam_from_rig.rotation,
                       rig_from_world * (view.world_from_object * view.mesh_center_in_object),
                       rig_from_world.translation);
  ViewPixels out;
  for (int r = 0; r < coverage.height; ++r) {
    for (int c = 0; c < coverage.width; ++c) {
      const Vector6d canonical = Vector6d::Map(&jacobian[6 * (size_t(r) * coverage.width + c)]);
      const double w = target.weight().empty() ? 1.0 : target.weight().at(c, r);
      if (canonical.isZero(0) || w == 0) continue;
      OutlinePixel pixel{c, r, w, coverage.at(c, r) - target.mask().at(c, r), {}};
      pixel.derivative << canonical_from_delta.transpose() * canonical,
          (longer.at(c, r) - shorter.at(c, r)) / (2 * kFocalStep);
      pixel.derivative.segment<3>(3) *= radius;
      out.H += w * pixel.derivative * pixel.derivative.transpose();
      out.g += w * pixel.residual * pixel.derivative;
      out.pixels.push_back(pixel);
    }
  }
  ChooseTiles(&out);
  return out;
}

// H⁺: directions that the outlines do not tell stay where they are.
template <int N>
Eigen::Matrix<double, N, N> PseudoInverse(const Eigen::Matrix<double, N, N>& H) {
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, N, N>> eigen(H);
  Eigen::Matrix<double, N, 1> inverse = eigen.eigenvalues();
  const double least = kRankTolerance * inverse[N - 1];
  for (int i = 0; i < N; ++i) inverse[i] = inverse[i] > least && least > 0 ? 1 / inverse[i] : 0;
  return eigen.eigenvectors() * inverse.asDiagonal() * eigen.eigenvectors().transpose();
}

// Σ_t g_t g_tᵀ of the residuals that a step of the N parameters leaves.
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

void MeasureFocal(const std::vector<ViewPixels>& views, double radius_over_depth,
                  Consistency* result) {
  Matrix7d H = Matrix7d::Zero(), noise = Matrix7d::Zero();
  Vector7d g = Vector7d::Zero();
  for (const ViewPixels& view : views) {
    H += view.H;
    g += view.g;
  }
  const Matrix7d inverse = PseudoInverse<7>(H);
  const Vector7d step = -inverse * g;
  for (const ViewPixels& view : views) noise += TileNoise<7>(view, step);
  const Matrix7d covariance = inverse * noise * inverse;
  result->focal_change = step[6];
  result->focal_sigma = std::sqrt(covariance(6, 6));
  // What the pose would change by with the focal length that fits best.
  const Vector6d slope = -PseudoInverse<6>(H.topLeftCorner<6, 6>()) * H.topRightCorner<6, 1>();
  result->focal_rotation_rad = std::abs(step[6]) * slope.head<3>().norm();
  result->focal_translation = std::abs(step[6]) * slope.tail<3>().norm() * radius_over_depth;
}

void MeasurePulls(const std::vector<ViewPixels>& views, double radius_over_depth,
                  Consistency* result) {
  Matrix6d H = Matrix6d::Zero();
  Vector6d g = Vector6d::Zero();
  for (const ViewPixels& view : views) {
    H += view.H.topLeftCorner<6, 6>();
    g += view.g.head<6>();
  }
  const Matrix6d inverse = PseudoInverse<6>(H);
  const Vector6d joint = -inverse * g;
  std::vector<Matrix6d> noise;
  for (const ViewPixels& view : views) {
    const Vector6d own =
        -PseudoInverse<6>(Matrix6d(view.H.topLeftCorner<6, 6>())) * view.g.head<6>();
    noise.push_back(TileNoise<6>(view, own));
  }
  for (size_t v = 0; v < views.size(); ++v) {
    const Matrix6d H_v = views[v].H.topLeftCorner<6, 6>();
    const Vector6d pull = inverse * (views[v].g.head<6>() + H_v * joint);
    Matrix6d covariance = Matrix6d::Zero();  // of pull
    for (size_t u = 0; u < views.size(); ++u) {
      Matrix6d A = -H_v * inverse;
      if (u == v) A += Matrix6d::Identity();
      covariance += inverse * A * noise[u] * A.transpose() * inverse;
    }
    ViewPull out;
    out.rotation_rad = pull.head<3>().norm();
    out.translation = pull.tail<3>().norm() * radius_over_depth;
    out.rotation_sigma_rad = std::sqrt(covariance.topLeftCorner<3, 3>().trace());
    out.translation_sigma =
        std::sqrt(covariance.bottomRightCorner<3, 3>().trace()) * radius_over_depth;
    out.chi2 = pull.dot(PseudoInverse<6>(covariance) * pull);
    result->pulls.push_back(out);
  }
}

// Keeps the tiles in which coverage and mask differ by less than half a pixel along the outline.
void MeasureTrimmedStep(const std::vector<ViewPixels>& views, double radius_over_depth,
                        Consistency* result) {
  constexpr int kTile = 16;
  Matrix6d H = Matrix6d::Zero();
  Vector6d g = Vector6d::Zero();
  size_t all = 0, kept = 0;
  for (const ViewPixels& view : views) {
    struct Sum {
      double residual = 0;
      size_t count = 0;
    };
    std::map<int, Sum> tiles;
    for (const OutlinePixel& pixel : view.pixels) {
      Sum& sum = tiles[TileIndex(pixel, kTile)];
      sum.residual += pixel.residual;
      ++sum.count;
    }
    for (const OutlinePixel& pixel : view.pixels) {
      const Sum& sum = tiles[TileIndex(pixel, kTile)];
      ++all;
      if (std::abs(sum.residual) > 0.25 * static_cast<double>(sum.count)) continue;
      ++kept;
      const Vector6d J = pixel.derivative.head<6>();
      H += pixel.weight * J * J.transpose();
      g += pixel.weight * pixel.residual * J;
    }
  }
  const Vector6d step = -PseudoInverse<6>(H) * g;
  result->trimmed_share = all > 0 ? 1 - static_cast<double>(kept) / static_cast<double>(all) : 0;
  result->trimmed_rotation_rad = step.head<3>().norm();
  result->trimmed_translation = step.tail<3>().norm() * radius_over_depth;
}

}  // namespace

Consistency MeasureConsistency(const std::vector<SilhouetteView>& views,
                               const std::vector<const Target*>& targets, Rasterizer* rasterizer,
                               double radius, const Rigid3d& rig_from_world) {
  Consistency result;
  std::vector<ViewPixels> pixels;
  double depth = 0;
  for (size_t i = 0; i < views.size(); ++i) {
    ViewPixels view = Collect(views[i], *targets[i], rasterizer, radius, rig_from_world);
    if (view.num_tiles < kFewestTiles) continue;
    result.view_indices.push_back(i);
    const double z = (views[i].cam_from_rig * rig_from_world.translation).norm();
    depth = depth > 0 ? std::min(depth, z) : z;
    pixels.push_back(std::move(view));
  }
  if (pixels.empty()) return result;
  const double radius_over_depth = radius / depth;
  MeasureFocal(pixels, radius_over_depth, &result);
  MeasurePulls(pixels, radius_over_depth, &result);
  MeasureTrimmedStep(pixels, radius_over_depth, &result);
  return result;
}

}  // namespace ceres_align
