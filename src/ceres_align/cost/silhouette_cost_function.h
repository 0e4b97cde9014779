// One view's silhouette as a Ceres cost function of the rig's pose.
#pragma once

#include <ceres/cost_function.h>

#include <array>
#include <mutex>

#include "ceres_align/cost/gram_rows.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

class ViewBatch;

/// What a view needs besides the rig's pose; ids are the rasterizer's.
struct SilhouetteView {
  MeshId mesh = 0;
  TargetId target = 0;
  Eigen::Vector3d mesh_center_in_object = Eigen::Vector3d::Zero();  ///< ContourMesh::center
  Camera camera;                                                    ///< of the target's size
  Rigid3d cam_from_rig;                                             ///< constant: the rig's tie
  Rigid3d world_from_object;                                        ///< constant
  int window = 1;                                                   ///< of RasterJob

  RasterJob Job(const Rigid3d& rig_from_world) const;
  /// The Gram matrix by PoseManifold's tangent of rig_from_world.
  Matrix7d Gram(const GramResult& result, const Rigid3d& rig_from_world) const;
};

/// cost = ½ Σ_i w_i (M_i(rig_from_world) − T_i)² over the view's pixels, exactly, as 7 residuals.
///
/// Parameters: [0] rig_from_world [qx, qy, qz, qw, tx, ty, tz]; give it a PoseManifold.
/// Jacobian: 7x7 by the ambient parameters, the lift J6 · MinusJacobian of the derivative by the
/// manifold's tangent; exact in the tangent space, whatever the rig transformation.
///
/// A LossFunction on this block acts on the whole view, not on pixels: per-pixel weights belong
/// into the Target. Borrows the rasterizer (and batch), which must outlive the problem.
class SilhouetteCostFunction : public ceres::CostFunction {
 public:
  /// Evaluates its view by itself and keeps the last result, so that Ceres' trial step and the
  /// Jacobian at the same point cost one evaluation.
  SilhouetteCostFunction(const SilhouetteView& view, Rasterizer* rasterizer);
  /// Takes view `index` of a batch, which must be the problem's evaluation callback.
  SilhouetteCostFunction(const ViewBatch* batch, int index);

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override;

 private:
  Matrix7d OwnGram(const double* pose_block) const;

  SilhouetteView view_;
  Rasterizer* rasterizer_ = nullptr;
  const ViewBatch* batch_ = nullptr;
  int index_ = 0;
  mutable std::mutex mutex_;
  mutable bool cached_ = false;
  mutable std::array<double, 7> cached_pose_{};
  mutable Matrix7d cached_gram_;
};

}  // namespace ceres_align
