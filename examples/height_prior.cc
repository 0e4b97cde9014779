// A silhouette in a ceres::Problem of one's own, together with something else that is known.
//
// A camera looks level at a tall thin object. One mask with a wavy outline (1.5 px rms) leaves the
// camera's height weakly known: going up on a circle around the object hardly changes the outline.
// The height has been measured to 5 mm: one more residual. For six such masks the program solves
// without and with it, and exits with 0 if all converge and the prior halves the rms error.
#include <ceres/ceres.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/silhouette_cost_function.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/render/target.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace {

using ceres_align::Camera;
using ceres_align::Rigid3d;

// Metres; the world's z points up, its origin is the object's centre.
constexpr double kSigmaHeight = 0.005;
// The silhouette's cost is ½ Σ (M − T)² over pixels. Errors that wave along the outline make a mask
// worth far less than independent pixels would be: the user's judgement, as a factor.
constexpr double kSilhouetteWeight = 0.01;

// residual = (camera's z in the world − measured height) / sigma.
struct HeightResidual {
  double measured_height;

  template <typename T>
  bool operator()(const T* camera_from_world, T* residual) const {
    const Eigen::Map<const Eigen::Quaternion<T>> rotation(camera_from_world);
    const Eigen::Map<const Eigen::Matrix<T, 3, 1>> translation(camera_from_world + 4);
    const Eigen::Matrix<T, 3, 1> camera_in_world = -(rotation.conjugate() * translation);
    residual[0] = (camera_in_world.z() - measured_height) / kSigmaHeight;
    return true;
  }
};

// A camera at `position` that looks at the world's origin, the image's x horizontal.
Rigid3d LookAtOrigin(const Eigen::Vector3d& position) {
  const Eigen::Vector3d forward = -position.normalized();
  const Eigen::Vector3d right = forward.cross(Eigen::Vector3d::UnitZ()).normalized();
  Eigen::Matrix3d camera_from_world;
  camera_from_world << right.transpose(), forward.cross(right).transpose(), forward.transpose();
  return {camera_from_world, -camera_from_world * position};
}

struct Solution {
  bool converged;
  Rigid3d camera_from_world;
};

Solution Solve(const ceres_align::SilhouetteView& view, ceres_align::Rasterizer* rasterizer,
               const Rigid3d& start, const double* measured_height) {
  double pose[ceres_align::kPoseBlockSize];
  ToPoseBlock(start, pose);
  ceres::Problem problem;
  problem.AddParameterBlock(pose, ceres_align::kPoseBlockSize, new ceres_align::PoseManifold);
  problem.AddResidualBlock(new ceres_align::SilhouetteCostFunction(view, rasterizer),
                           new ceres::ScaledLoss(nullptr, kSilhouetteWeight, ceres::TAKE_OWNERSHIP),
                           pose);
  if (measured_height != nullptr) {
    using Cost = ceres::AutoDiffCostFunction<HeightResidual, 1, ceres_align::kPoseBlockSize>;
    problem.AddResidualBlock(new Cost(new HeightResidual{*measured_height}), nullptr, pose);
  }
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return {summary.termination_type == ceres::CONVERGENCE, ceres_align::FromPoseBlock(pose)};
}

// Asymmetric, five times as tall as wide; metres.
ceres_align::TriangleMesh MakeTallObject() {
  ceres_align::TriangleMesh mesh = ceres_align::MakeMultiPart(5000);
  for (Eigen::Vector3d& vertex : mesh.vertices) {
    vertex = Eigen::Vector3d(0.03, 0.03, 0.15).cwiseProduct(vertex);
  }
  return mesh;
}

ceres_align::ImageF WavyMask(const ceres_align::TriangleMesh& mesh, const Rigid3d& pose,
                             const Camera& camera, int seed) {
  ceres_align::MaskNoise noise;
  noise.wave_rms_px = 1.5;
  return ApplyNoise(RenderMask(mesh, pose, camera), noise, seed);
}

}  // namespace

int main() {
  const ceres_align::TriangleMesh mesh = MakeTallObject();
  const Camera camera{612, 512, 700, 700, 306, 256};
  const Eigen::Vector3d true_position(0.9, -0.7, 0.1);
  const Rigid3d truth = LookAtOrigin(true_position);
  const Rigid3d start(ceres_align::ExpRotation({0.04, -0.05, 0.03}) * truth.rotation,
                      truth.translation + Eigen::Vector3d(0.01, -0.02, 0.05));

  ceres_align::CpuRasterizer rasterizer;
  const auto contour_mesh = std::make_shared<ceres_align::ContourMesh>(mesh);
  ceres_align::SilhouetteView view;
  view.mesh = rasterizer.AddMesh(contour_mesh);
  view.camera = camera;

  bool converged = true;
  double sum_alone = 0, sum_both = 0;
  std::printf("Camera's position is off by, in mm:\n  mask   mask and height\n");
  for (int seed = 1; seed <= 6; ++seed) {
    view.target = rasterizer.AddTarget(std::make_shared<ceres_align::Target>(
        WavyMask(mesh, truth, camera, seed), ceres_align::ImageF()));
    const Solution alone = Solve(view, &rasterizer, start, nullptr);
    const Solution both = Solve(view, &rasterizer, start, &true_position.z());
    rasterizer.ReleaseTarget(view.target);
    converged = converged && alone.converged && both.converged;
    const double error_alone =
        (alone.camera_from_world.TargetOriginInSource() - true_position).norm();
    const double error_both =
        (both.camera_from_world.TargetOriginInSource() - true_position).norm();
    std::printf("%6.1f   %6.1f\n", 1e3 * error_alone, 1e3 * error_both);
    sum_alone += error_alone * error_alone;
    sum_both += error_both * error_both;
  }
  std::printf("%6.1f   %6.1f   rms\n", 1e3 * std::sqrt(sum_alone / 6),
              1e3 * std::sqrt(sum_both / 6));
  return converged && std::sqrt(sum_both) < 0.5 * std::sqrt(sum_alone) ? 0 : 1;
}
