#include "ceres_align/cost/silhouette_cost_function.h"

#include <cstring>

#include "ceres_align/base/error.h"
#include "ceres_align/cost/lift_jacobian.h"
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

SilhouetteCostFunction::SilhouetteCostFunction(const SilhouetteView& view, Rasterizer* rasterizer,
                                               const ViewUnknowns& unknowns)
    : view_(view), unknowns_(unknowns), rasterizer_(rasterizer) {
  CHECK(rasterizer != nullptr);
  view_.mesh_center_in_object = rasterizer->MeshCenter(view.mesh);
  set_num_residuals(unknowns.TangentSize() + 1);
  for (const int size : unknowns.BlockSizes()) mutable_parameter_block_sizes()->push_back(size);
}

SilhouetteCostFunction::SilhouetteCostFunction(const ViewBatch* batch, int index)
    : batch_(batch), index_(index) {
  CHECK(batch != nullptr);
  CHECK(index >= 0 && index < batch->num_views());
  unknowns_ = batch->unknowns(index);
  set_num_residuals(unknowns_.TangentSize() + 1);
  for (const int size : unknowns_.BlockSizes()) mutable_parameter_block_sizes()->push_back(size);
}

const SilhouetteView& SilhouetteCostFunction::view() const {
  return batch_ != nullptr ? batch_->view(index_) : view_;
}

bool SilhouetteCostFunction::OwnGram(double const* const* parameters, Eigen::MatrixXd* gram) const {
  std::vector<double> at;
  for (size_t i = 0; i < parameter_block_sizes().size(); ++i) {
    at.insert(at.end(), parameters[i], parameters[i] + parameter_block_sizes()[i]);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  // Bytes: a NaN is equal to itself.
  if (cached_at_.size() != at.size() ||
      std::memcmp(cached_at_.data(), at.data(), at.size() * sizeof(double)) != 0) {
    const ViewValues values(view_, ViewBlocks(unknowns_, parameters));
    if (!values.IsValid()) return false;
    std::vector<GramResult> results;
    rasterizer_->Evaluate({values.Job(view_, unknowns_.intrinsics)}, &results);
    cached_gram_ = BlockGram(view_, values, unknowns_, results[0]);
    cached_at_ = std::move(at);
  }
  *gram = cached_gram_;
  return true;
}

bool SilhouetteCostFunction::Evaluate(double const* const* parameters, double* residuals,
                                      double** jacobians) const {
  Eigen::MatrixXd gram;
  if (batch_ != nullptr) {
    if (batch_->refused()) return false;
    gram = batch_->gram(index_, parameters);
  } else if (!OwnGram(parameters, &gram)) {
    return false;
  }
  const GramRows rows = RowsFromGram(gram);
  Eigen::VectorXd::Map(residuals, rows.residuals.size()) = rows.residuals;
  if (jacobians == nullptr) return true;
  int first = 0;
  for (size_t i = 0; i < parameter_block_sizes().size(); ++i) {
    const int size = parameter_block_sizes()[i];
    const bool is_pose = size == kPoseBlockSize;
    if (jacobians[i] != nullptr && is_pose) {
      LiftPoseJacobian(rows.jacobian, first, parameters[i], jacobians[i]);
    } else if (jacobians[i] != nullptr) {
      CopyJacobian(rows.jacobian, first, size, jacobians[i]);
    }
    first += is_pose ? 6 : size;
  }
  return true;
}

}  // namespace ceres_align
