// What the tests of the cost layer share: views on a mesh, and the plain per-pixel cost function
// that the seven rows must equal.
#pragma once

#include <ceres/cost_function.h>

#include <cmath>
#include <memory>
#include <vector>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/silhouette_cost_function.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/synth/point_sampler.h"
#include "testing.h"

namespace ceres_align::testing {

using Vector6d = Eigen::Matrix<double, 6, 1>;
using PoseBlock = std::array<double, kPoseBlockSize>;

inline PoseBlock ToBlock(const Rigid3d& pose) {
  PoseBlock block;
  ToPoseBlock(pose, block.data());
  return block;
}

/// A mesh, its rasterizer, and views whose masks show it at `truth` (rig_from_world).
class Views {
 public:
  Views(const TriangleMesh& mesh, const Rigid3d& truth, int num_threads = 1)
      : mesh_(mesh), renderer_(mesh, num_threads), truth_(truth) {}

  /// `weighted`: random weights in [0, 2], a tenth of them 0. Binary mask with 1 sample.
  SilhouetteView Add(const Camera& camera, const Rigid3d& cam_from_rig,
                     const Rigid3d& world_from_object, int samples_per_axis, bool weighted) {
    ImageF weight;
    if (weighted) {
      Random random("weights", targets_.size());
      weight = ImageF(camera.width_px, camera.height_px);
      for (float& w : weight.pixels) {
        w = random.Uniform(0, 1) < 0.1 ? 0.0f : static_cast<float>(random.Uniform(0, 2));
      }
    }
    targets_.push_back(std::make_shared<Target>(
        RenderMask(mesh_, cam_from_rig * truth_ * world_from_object, camera, samples_per_axis),
        weight));
    SilhouetteView view;
    view.mesh = renderer_.id();
    view.target = renderer_.rasterizer().AddTarget(targets_.back());
    view.camera = camera;
    view.cam_from_rig = cam_from_rig;
    view.world_from_object = world_from_object;
    return view;
  }
  Rasterizer* rasterizer() { return &renderer_.rasterizer(); }
  const Target& target(int i) const { return *targets_[i]; }
  double radius() const { return renderer_.contour_mesh().radius; }
  const Rigid3d& truth() const { return truth_; }

 private:
  TriangleMesh mesh_;
  MeshRenderer renderer_;
  Rigid3d truth_;
  std::vector<std::shared_ptr<const Target>> targets_;
};

/// One residual √w (M − T) per pixel.
class DensePixelCost : public ceres::CostFunction {
 public:
  DensePixelCost(const SilhouetteView& view, const Target& target, Rasterizer* rasterizer)
      : view_(view), target_(target), rasterizer_(rasterizer) {
    set_num_residuals(view.camera.width_px * view.camera.height_px);
    mutable_parameter_block_sizes()->push_back(kPoseBlockSize);
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    const Rigid3d pose = FromPoseBlock(parameters[0]);
    std::vector<double> canonical;
    const bool derivatives = jacobians != nullptr && jacobians[0] != nullptr;
    const Image<double> coverage =
        rasterizer_->Coverage(view_.Job(pose), derivatives ? &canonical : nullptr);
    const Matrix6d canonical_from_delta = CanonicalFromRig(
        view_.cam_from_rig.rotation,
        pose * (view_.world_from_object * rasterizer_->MeshCenter(view_.mesh)), pose.translation);
    Eigen::Matrix<double, 6, 7, Eigen::RowMajor> lift;
    PoseManifold().MinusJacobian(parameters[0], lift.data());
    const Eigen::Matrix<double, 6, 7> chain = canonical_from_delta * lift;
    for (size_t i = 0; i < coverage.pixels.size(); ++i) {
      const double root =
          target_.weight().empty() ? 1.0 : std::sqrt(double{target_.weight().pixels[i]});
      residuals[i] = root * (coverage.pixels[i] - target_.mask().pixels[i]);
      if (!derivatives) continue;
      Eigen::Matrix<double, 1, 7>::Map(jacobians[0] + 7 * i) =
          root * Vector6d::Map(&canonical[6 * i]).transpose() * chain;
    }
    return true;
  }

 private:
  SilhouetteView view_;
  const Target& target_;
  Rasterizer* rasterizer_;
};

/// A cost function's cost, gradient and JᵀJ by the manifold's tangent.
struct Quadratic {
  double cost = NAN;
  Vector6d gradient = Vector6d::Constant(NAN);
  Matrix6d hessian = Matrix6d::Constant(NAN);
};
inline Quadratic QuadraticOf(const ceres::CostFunction& cost, const PoseBlock& block) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, 7, Eigen::RowMajor>;
  Eigen::VectorXd residuals(cost.num_residuals());
  RowMajor jacobian(cost.num_residuals(), 7);
  const double* parameters = block.data();
  double* jacobians = jacobian.data();
  Quadratic result;
  if (!cost.Evaluate(&parameters, residuals.data(), &jacobians)) return result;
  Eigen::Matrix<double, 7, 6, Eigen::RowMajor> plus;
  PoseManifold().PlusJacobian(block.data(), plus.data());
  const Eigen::Matrix<double, Eigen::Dynamic, 6> tangent = jacobian * plus;
  result.cost = 0.5 * residuals.squaredNorm();
  result.gradient = tangent.transpose() * residuals;
  result.hessian = tangent.transpose() * tangent;
  return result;
}

}  // namespace ceres_align::testing
