#include "ceres_align/cost/silhouette_cost_function.h"

#include <cstring>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/view_batch.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {

RasterJob SilhouetteView::Job(const Rigid3d& rig_from_world) const {
  RasterJob job;
  job.mesh = mesh;
  job.target = target;
  job.camera = camera;
  job.window = window;
  job.cam_from_object = cam_from_rig * rig_from_world * world_from_object;
  return job;
}

Matrix7d SilhouetteView::Gram(const GramResult& result, const Rigid3d& rig_from_world) const {
  const Eigen::Vector3d center_in_rig =
      rig_from_world * (world_from_object * mesh_center_in_object);
  // The manifold turns about the world's origin, which lies at rig_from_world.translation.
  return TransformGram(
      result, CanonicalFromRig(cam_from_rig.rotation, center_in_rig, rig_from_world.translation));
}

SilhouetteCostFunction::SilhouetteCostFunction(const SilhouetteView& view, Rasterizer* rasterizer)
    : view_(view), rasterizer_(rasterizer) {
  CHECK(rasterizer != nullptr);
  set_num_residuals(7);
  mutable_parameter_block_sizes()->push_back(kPoseBlockSize);
}

SilhouetteCostFunction::SilhouetteCostFunction(const ViewBatch* batch, int index)
    : batch_(batch), index_(index) {
  CHECK(batch != nullptr);
  CHECK(index >= 0 && index < batch->num_views());
  set_num_residuals(7);
  mutable_parameter_block_sizes()->push_back(kPoseBlockSize);
}

Matrix7d SilhouetteCostFunction::OwnGram(const double* pose_block) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!cached_ || std::memcmp(cached_pose_.data(), pose_block, sizeof(cached_pose_)) != 0) {
    const Rigid3d rig_from_world = FromPoseBlock(pose_block);
    std::vector<GramResult> results;
    rasterizer_->Evaluate({view_.Job(rig_from_world)}, &results);
    cached_gram_ = view_.Gram(results[0], rig_from_world);
    std::memcpy(cached_pose_.data(), pose_block, sizeof(cached_pose_));
    cached_ = true;
  }
  return cached_gram_;
}

bool SilhouetteCostFunction::Evaluate(double const* const* parameters, double* residuals,
                                      double** jacobians) const {
  if (batch_ != nullptr && batch_->refused()) return false;
  const SevenRows rows = RowsFromGram(batch_ != nullptr ? batch_->gram(index_, parameters[0])
                                                        : OwnGram(parameters[0]));
  Vector7d::Map(residuals) = rows.residuals;
  if (jacobians == nullptr || jacobians[0] == nullptr) return true;
  Eigen::Matrix<double, 6, 7, Eigen::RowMajor> lift;
  PoseManifold().MinusJacobian(parameters[0], lift.data());
  using RowMajor77 = Eigen::Matrix<double, 7, 7, Eigen::RowMajor>;
  RowMajor77::Map(jacobians[0]) = rows.jacobian * lift;
  return true;
}

}  // namespace ceres_align
