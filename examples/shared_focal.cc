// Two photographs of one camera whose focal length is hardly known, in a ceres::Problem of one's
// own.
//
// The camera has seen the object twice, from places that nobody knows; its focal length is known to
// 10 %, and the value given is 15 % off. Each photograph has a pose block of its own; both share
// one block of intrinsics, whose principal point is held by a manifold, and a prior is one more
// residual. PoseCovariance tells how sure poses and focal length are. The program exits with 0 if
// it ends within half a percent of the true focal length and within a tenth of a degree of both
// poses, and all of these within 4 sigma.
#include <ceres/ceres.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "ceres_align/assess/pose_covariance.h"
#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/view_batch.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/render/target.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace {

using ceres_align::Camera;
using ceres_align::Rigid3d;

constexpr int kPhotographs = 2;
constexpr double kSigmaLogFocal = 0.1;
// A clean mask's residual has about this rms per px of outline. A silhouette that is weighted by
// 1/noise² compares with residuals of unit variance, as the prior is.
constexpr double kMaskNoise = 0.3;

// residual = log(fx / prior) / sigma.
struct FocalPrior {
  double prior_px;

  template <typename T>
  bool operator()(const T* intrinsics, T* residual) const {
    using std::log;
    residual[0] = log(intrinsics[0] / prior_px) / kSigmaLogFocal;
    return true;
  }
};

// The object's centre is at the world's origin.
Rigid3d TruePose(int photograph) {
  return photograph == 0 ? Rigid3d(ceres_align::ExpRotation({0.4, 0.5, -0.2}), {0.1, -0.05, 5})
                         : Rigid3d(ceres_align::ExpRotation({-0.3, 1.6, 0.4}), {-0.1, 0.1, 3.6});
}

// Off by some degrees, and as far away as the wrong focal length says.
Rigid3d Start(int photograph, double focal_factor) {
  const Rigid3d truth = TruePose(photograph);
  return {ceres_align::ExpRotation({0.05, -0.06, 0.04}) * truth.rotation,
          Eigen::Vector3d(1, 1, focal_factor).cwiseProduct(truth.translation)};
}

}  // namespace

int main() {
  const ceres_align::TriangleMesh mesh = ceres_align::MakeMultiPart(5000);
  const Camera camera{640, 480, 820, 820, 320, 240};
  const double focal_factor = 1.15;
  ceres_align::CpuRasterizer rasterizer;
  const auto contour = std::make_shared<const ceres_align::ContourMesh>(mesh);
  const ceres_align::MeshId mesh_id = rasterizer.AddMesh(contour);

  double poses[kPhotographs][ceres_align::kPoseBlockSize];
  double intrinsics[ceres_align::kIntrinsicsBlockSize] = {
      focal_factor * camera.fx_px, focal_factor * camera.fy_px, camera.cx_px, camera.cy_px};
  ceres_align::ViewBatch batch(&rasterizer);  // both photographs in one call of the rasterizer
  batch.LimitSteps(0.3, 1);
  ceres::Problem::Options problem_options;
  problem_options.evaluation_callback = &batch;
  ceres::Problem problem(problem_options);
  problem.AddParameterBlock(intrinsics, ceres_align::kIntrinsicsBlockSize,
                            new ceres::SubsetManifold(4, {2, 3}));
  std::vector<std::shared_ptr<const ceres_align::Target>> targets;
  std::vector<ceres_align::ProblemSilhouette> silhouettes;
  for (int i = 0; i < kPhotographs; ++i) {
    ToPoseBlock(Start(i, focal_factor), poses[i]);
    problem.AddParameterBlock(poses[i], ceres_align::kPoseBlockSize, new ceres_align::PoseManifold);
    ceres_align::SilhouetteView view;
    view.mesh = mesh_id;
    targets.push_back(std::make_shared<ceres_align::Target>(RenderMask(mesh, TruePose(i), camera),
                                                            ceres_align::ImageF()));
    view.target = rasterizer.AddTarget(targets[i]);
    view.camera = camera;
    ceres_align::ViewBlocks blocks(poses[i]);
    blocks.intrinsics = intrinsics;
    const ceres::ResidualBlockId id = problem.AddResidualBlock(
        new ceres_align::SilhouetteCostFunction(&batch, batch.AddView(view, blocks)),
        new ceres::ScaledLoss(nullptr, 1 / (kMaskNoise * kMaskNoise), ceres::TAKE_OWNERSHIP),
        poses[i], intrinsics);
    silhouettes.push_back({id, targets[i].get(), contour->radius});
  }
  problem.AddResidualBlock(
      new ceres::AutoDiffCostFunction<FocalPrior, 1, ceres_align::kIntrinsicsBlockSize>(
          new FocalPrior{intrinsics[0]}),
      nullptr, intrinsics);

  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 100;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);

  ceres_align::PoseCovariance covariance;
  if (!covariance.Compute(silhouettes, &rasterizer, &problem)) {
    std::printf("%s\n", covariance.message().c_str());
    return 1;
  }
  double of_focal[2 * 2];  // the manifold's tangent is [fx, fy]
  covariance.GetCovarianceBlockInTangentSpace(intrinsics, intrinsics, of_focal);
  const double focal_sigma_px = std::sqrt(of_focal[0]);
  const double focal_error_px = std::abs(intrinsics[0] - camera.fx_px);
  std::printf("%d iterations; focal length %.2f px, sigma %.2f (true %.0f, given %.0f)\n",
              static_cast<int>(summary.iterations.size()) - 1, intrinsics[0], focal_sigma_px,
              camera.fx_px, focal_factor * camera.fx_px);
  bool right = summary.termination_type == ceres::CONVERGENCE &&
               focal_error_px < 0.005 * camera.fx_px && focal_error_px < 4 * focal_sigma_px;
  for (int i = 0; i < kPhotographs; ++i) {
    const auto error =
        ComparePoses(ceres_align::FromPoseBlock(poses[i]), TruePose(i), Eigen::Vector3d::Zero());
    // About the object's centre, which is the world's origin: turns (rad), then shifts.
    const auto sigmas = covariance.SigmasAbout(poses[i], Eigen::Vector3d::Zero());
    const double turn_sigma_deg = sigmas.head<3>().norm() * 180 / M_PI;
    const double shift_sigma_percent =
        100 * sigmas.tail<3>().norm() / TruePose(i).translation.norm();
    std::printf("photograph %d: %.4f deg, sigma %.4f; %.4f %% of the distance, sigma %.4f\n", i + 1,
                error.rotation_deg, turn_sigma_deg, error.translation_percent, shift_sigma_percent);
    right = right && error.rotation_deg < 0.1 && error.rotation_deg < 4 * turn_sigma_deg &&
            error.translation_percent < 4 * shift_sigma_percent;
  }
  return right ? 0 : 1;
}
