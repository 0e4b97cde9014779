#include "ceres_align/assess/consistency.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ceres_align/geometry/symmetric_matrix.h"

namespace ceres_align {
namespace {

constexpr int kTilePx = 32, kSmallestTilePx = 4;
constexpr size_t kEnoughTiles = 16, kFewestTiles = 8;
// Eigenvalues below this part of the largest are directions that the outlines do not tell.
constexpr double kRankTolerance = 1e-9;
// The focal length is solved for where the first step is at least this long, in sigmas and at all.
constexpr double kSuspectSigmas = 1, kSuspectChange = 0.002;
constexpr int kFocalSteps = 6;
constexpr double kLongestFocalStep = 0.15;

// By [ω, v/radius, log f or another number of the cameras], so that all seven are comparable.
using Row = Vector7d;

/// One view's outline and the sums over it.
struct ViewOutline {
  size_t index;
  std::vector<OutlinePixel> pixels;
  Matrix7d H = Matrix7d::Zero();
  Vector7d g = Vector7d::Zero();
  double cost = 0;
  int tile_px = 0;
  size_t num_tiles = 0;
};

int64_t TileOf(const OutlinePixel& pixel, int tile_px) {
  return static_cast<int64_t>(pixel.row / tile_px) * 65536 + pixel.column / tile_px;
}

void ChooseTiles(ViewOutline* view) {
  for (int tile = kTilePx; tile >= kSmallestTilePx; tile /= 2) {
    std::map<int64_t, int> seen;
    for (const OutlinePixel& pixel : view->pixels) ++seen[TileOf(pixel, tile)];
    view->tile_px = tile;
    view->num_tiles = seen.size();
    if (seen.size() >= kEnoughTiles) return;
  }
}

Row RowOf(const OutlinePixel& pixel, double radius) {
  Row row;
  row << pixel.by_pose, pixel.by_focal;
  row.segment<3>(3) *= radius;
  return row;
}

std::vector<ViewOutline> SumByView(const std::vector<OutlinePixel>& pixels, const Misfit& misfit,
                                   double radius) {
  std::map<int, ViewOutline> by_view;
  for (const OutlinePixel& pixel : pixels) {
    ViewOutline& view = by_view[pixel.view];
    view.index = static_cast<size_t>(pixel.view);
    const Row row = RowOf(pixel, radius);
    const double k = misfit.Curvature(pixel.displacement_px);
    if (k > 0) view.H += k * pixel.weight * row * row.transpose();
    view.g += pixel.weight * pixel.residual * row;
    view.cost += 0.5 * pixel.weight * pixel.residual * pixel.residual;
    view.pixels.push_back(pixel);
  }
  std::vector<ViewOutline> views;
  for (auto& [index, view] : by_view) {
    ChooseTiles(&view);
    if (view.num_tiles >= kFewestTiles) views.push_back(std::move(view));
  }
  return views;
}

// H⁺: directions that the outlines do not tell stay where they are.
template <int N>
Eigen::Matrix<double, N, N> PseudoInverse(const Eigen::Matrix<double, N, N>& H) {
  const SymmetricEigen<Eigen::Dynamic> eigen = EigenOf<Eigen::Dynamic>(H);
  Eigen::Matrix<double, N, 1> inverse = eigen.values;
  const double least = kRankTolerance * inverse[N - 1];
  for (int i = 0; i < N; ++i) inverse[i] = inverse[i] > least && least > 0 ? 1 / inverse[i] : 0;
  return eigen.vectors * inverse.asDiagonal() * eigen.vectors.transpose();
}

// Σ_t g_t g_tᵀ · n / (n − N) over the n tiles t of a view, of the residuals that a step of the
// first N parameters leaves.
template <int N>
Eigen::Matrix<double, N, N> TileNoise(const ViewOutline& view, const Misfit& misfit, double radius,
                                      const Eigen::Matrix<double, N, 1>& step) {
  using Vector = Eigen::Matrix<double, N, 1>;
  std::map<int64_t, Vector> tiles;
  for (const OutlinePixel& pixel : view.pixels) {
    const Vector J = RowOf(pixel, radius).template head<N>();
    const auto [place, added] = tiles.try_emplace(TileOf(pixel, view.tile_px), Vector::Zero());
    const double k = misfit.Curvature(pixel.displacement_px);
    place->second += pixel.weight * (pixel.residual + k * J.dot(step)) * J;
  }
  Eigen::Matrix<double, N, N> sum = Eigen::Matrix<double, N, N>::Zero();
  for (const auto& [key, g] : tiles) sum += g * g.transpose();
  const double n = static_cast<double>(tiles.size());
  return sum * (n / std::max(1.0, n - N));
}

// The step of pose and focal length, and the latter's sigma.
struct FocalStep {
  Vector7d step;
  double sigma = 0, cost = 0;
  double gain = 0;  // of cost, by the step
};

FocalStep FocalStepOf(const std::vector<ViewOutline>& views, const Misfit& misfit, double radius) {
  Matrix7d H = Matrix7d::Zero(), noise = Matrix7d::Zero();
  Vector7d g = Vector7d::Zero();
  FocalStep out;
  for (const ViewOutline& view : views) {
    H += view.H;
    g += view.g;
    out.cost += view.cost;
  }
  const Matrix7d inverse = PseudoInverse<7>(H);
  out.step = -inverse * g;
  out.gain = -0.5 * g.dot(out.step);
  for (const ViewOutline& view : views) noise += TileNoise<7>(view, misfit, radius, out.step);
  out.sigma = std::sqrt((inverse * noise * inverse)(6, 6));
  return out;
}

// What the step of pose and number gains beyond that of the pose alone, which is not the number's
// merit.
double GainOfNumber(const std::vector<ViewOutline>& views, const FocalStep& step) {
  Matrix6d H = Matrix6d::Zero();
  Vector6d g = Vector6d::Zero();
  for (const ViewOutline& view : views) {
    H += view.H.topLeftCorner<6, 6>();
    g += view.g.head<6>();
  }
  return step.gain - 0.5 * g.dot(PseudoInverse<6>(H) * g);
}

// Of the pixels, `field` being how far an image point moves by a unit of the number.
template <typename Field>
NumberFit FitNumber(std::vector<OutlinePixel> pixels, double radius, double radius_over_depth,
                    const Field& field) {
  for (OutlinePixel& pixel : pixels) {
    pixel.by_focal = pixel.by_shift.dot(field(pixel));  // in the place of the focal length
    // Gauss–Newton's curvature for all: what is far off may be so because the number is wrong.
    pixel.displacement_px = 0;
  }
  const Misfit none;
  const std::vector<ViewOutline> views = SumByView(pixels, none, radius);
  const FocalStep step = FocalStepOf(views, none, radius);
  NumberFit fit;
  fit.change = step.step[6];
  fit.sigma = step.sigma;
  if (step.cost > 0) fit.explains = std::clamp(GainOfNumber(views, step) / step.cost, 0.0, 1.0);
  fit.rotation_rad = step.step.head<3>().norm();
  fit.translation = step.step.segment<3>(3).norm() * radius_over_depth;
  return fit;
}

// ∂(image point)/∂k1 = f · (x, y) ∂s/∂k1, (x, y) before the lens.
Eigen::Vector2d FieldOfK1(const Camera& camera, const Projection& projection,
                          const Eigen::Vector2d& from_center_px) {
  const Eigen::Vector2d x =
      projection.Ray(camera.cx_px + from_center_px.x(), camera.cy_px + from_center_px.y())
          .head<2>();
  return RadialSlopeByK1(camera.lens, x.squaredNorm()) *
         Eigen::Vector2d(camera.fx_px * x.x(), camera.fy_px * x.y());
}

// The same pixels' views, of which those that take part are solved for.
struct Problem {
  const std::vector<WeightedView>& views;
  Rasterizer* rasterizer;
  const Misfit& misfit;
  double radius;
  std::vector<size_t> indices;

  std::vector<ViewOutline> At(const Rigid3d& rig_from_world, double log_focal) const {
    std::vector<WeightedView> changed;
    for (const size_t i : indices) {
      changed.push_back(views[i]);
      Camera& camera = changed.back().view.camera;
      camera.fx_px *= std::exp(log_focal);
      camera.fy_px *= std::exp(log_focal);
    }
    return SumByView(CollectOutline(changed, rasterizer, rig_from_world), misfit, radius);
  }
  double AreaCost(const Rigid3d& rig_from_world, double log_focal) const {
    std::vector<RasterJob> jobs;
    for (const size_t i : indices) {
      jobs.push_back(views[i].view.Job(rig_from_world));
      jobs.back().camera.fx_px *= std::exp(log_focal);
      jobs.back().camera.fy_px *= std::exp(log_focal);
    }
    std::vector<GramResult> results;
    rasterizer->Evaluate(jobs, &results);
    double cost = 0;
    for (const GramResult& result : results) cost += 0.5 * result.gram[48];
    return cost;
  }
};

void MeasureFocal(const Problem& problem, const std::vector<ViewOutline>& at_pose,
                  const Rigid3d& rig_from_world, double radius_over_depth, Consistency* result) {
  const FocalStep first = FocalStepOf(at_pose, problem.misfit, problem.radius);
  FocalStep last = first;
  Rigid3d pose = rig_from_world;
  const double first_cost = problem.AreaCost(pose, 0);
  double cost = first_cost, log_focal = 0, part = 1;  // of the step, shorter where the cost grows
  for (int i = 0; i < kFocalSteps; ++i) {
    const double change = std::abs(last.step[6]);
    if (change < kSuspectChange || change < (i == 0 ? kSuspectSigmas : 0.1) * last.sigma) break;
    const Vector7d step = std::min(part, kLongestFocalStep / change) * last.step;
    const Rigid3d moved((ExpRotation(step.head<3>()) * pose.rotation).normalized(),
                        Eigen::Vector3d(pose.translation + problem.radius * step.segment<3>(3)));
    const double moved_cost = problem.AreaCost(moved, log_focal + step[6]);
    if (!(moved_cost < cost)) {
      part /= 3;
      continue;
    }
    part = std::min(1.0, 2 * part);
    pose = moved;
    log_focal += step[6];
    cost = moved_cost;
    last = FocalStepOf(problem.At(pose, log_focal), problem.misfit, problem.radius);
  }
  // The next step's focal length is nearer, but its pose counts only where it is small.
  const double rest = std::clamp(last.step[6], -kLongestFocalStep, kLongestFocalStep);
  result->focal_change = std::expm1(log_focal + rest);
  result->focal_sigma = last.sigma;
  if (first.cost > 0) {
    result->focal_explains = std::clamp((first_cost - cost + last.gain) / first.cost, 0.0, 1.0);
  }
  const Eigen::Vector3d rotation = LogRotation(pose.rotation * rig_from_world.rotation.conjugate());
  result->focal_rotation_rad = (rotation + last.step.head<3>()).norm();
  result->focal_translation =
      ((pose.translation - rig_from_world.translation) / problem.radius + last.step.segment<3>(3))
          .norm() *
      radius_over_depth;
}

void MeasurePulls(const std::vector<ViewOutline>& views, const Misfit& misfit, double radius,
                  double radius_over_depth, Consistency* result) {
  Matrix6d H = Matrix6d::Zero();
  Vector6d g = Vector6d::Zero();
  for (const ViewOutline& view : views) {
    H += view.H.topLeftCorner<6, 6>();
    g += view.g.head<6>();
  }
  const Matrix6d inverse = PseudoInverse<6>(H);
  const Vector6d joint = -inverse * g;
  std::vector<Matrix6d> noise;
  for (const ViewOutline& view : views) {
    const Vector6d own =
        -PseudoInverse<6>(Matrix6d(view.H.topLeftCorner<6, 6>())) * view.g.head<6>();
    noise.push_back(TileNoise<6>(view, misfit, radius, own));
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

void MeasureLens(const Problem& problem, const std::vector<OutlinePixel>& pixels,
                 double radius_over_depth, Consistency* result) {
  std::vector<Projection> projections;
  for (const WeightedView& view : problem.views) projections.emplace_back(view.view.camera);
  const auto fit = [&](const auto& field) {
    return FitNumber(pixels, problem.radius, radius_over_depth, field);
  };
  result->k1 = fit([&](const OutlinePixel& pixel) {
    return FieldOfK1(problem.views[pixel.view].view.camera, projections[pixel.view],
                     pixel.from_center_px);
  });
  result->pixel_shift = fit([](const OutlinePixel&) { return Eigen::Vector2d(1, 1); });
}

}  // namespace

Consistency MeasureConsistency(const std::vector<WeightedView>& views,
                               const std::vector<OutlinePixel>& pixels, const Misfit& misfit,
                               Rasterizer* rasterizer, double radius,
                               const Rigid3d& rig_from_world) {
  Consistency result;
  Problem problem{views, rasterizer, misfit, radius, {}};
  const std::vector<ViewOutline> outlines = SumByView(pixels, misfit, radius);
  double depth = 0;
  for (const ViewOutline& outline : outlines) {
    problem.indices.push_back(outline.index);
    const double z = (views[outline.index].view.cam_from_rig * rig_from_world.translation).norm();
    depth = depth > 0 ? std::min(depth, z) : z;
  }
  result.view_indices = problem.indices;
  if (outlines.empty()) return result;
  MeasureFocal(problem, outlines, rig_from_world, radius / depth, &result);
  MeasureLens(problem, pixels, radius / depth, &result);
  if (outlines.size() > 1) MeasurePulls(outlines, misfit, radius, radius / depth, &result);
  return result;
}

}  // namespace ceres_align
