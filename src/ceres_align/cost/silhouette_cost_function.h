// One view's silhouette as a Ceres cost function of the rig's pose.
#pragma once

#include <ceres/cost_function.h>

#include <mutex>
#include <vector>

#include "ceres_align/cost/view_blocks.h"

namespace ceres_align {

class ViewBatch;

/// cost = ½ Σ_i w_i (M_i(parameters) − T_i)² over the view's pixels, exactly, as n + 1 residuals, n
/// the number of all tangents.
///
/// Parameters: [0] rig_from_world [qx, qy, qz, qw, tx, ty, tz]; give it a PoseManifold. Then those
/// that the ViewUnknowns name, in their order. A block may be shared by any number of views, or be
/// held constant. The Jacobian is by the ambient parameters; of a pose it is the lift J6 ·
/// MinusJacobian of the derivative by the manifold's tangent, exact in the tangent space.
///
/// A LossFunction on this block acts on the whole view, not on pixels: per-pixel weights belong
/// into the Target. Borrows the rasterizer (and batch), which must outlive the problem.
class SilhouetteCostFunction : public ceres::CostFunction {
 public:
  /// Evaluates its view by itself and keeps the last result, so that Ceres' trial step and the
  /// Jacobian at the same point cost one evaluation.
  SilhouetteCostFunction(const SilhouetteView& view, Rasterizer* rasterizer,
                         const ViewUnknowns& unknowns = {});
  /// Takes view `index` of a batch, which must be the problem's evaluation callback. The residual
  /// block's parameters are the ViewBlocks that the batch was given, in the order of their List().
  SilhouetteCostFunction(const ViewBatch* batch, int index);

  /// The view as its rasterizer knows it, and which blocks it has.
  const SilhouetteView& view() const;
  const ViewUnknowns& unknowns() const { return unknowns_; }

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override;

 private:
  /// False where there is no image (ViewValues::IsValid).
  bool OwnGram(double const* const* parameters, Eigen::MatrixXd* gram) const;

  SilhouetteView view_;
  ViewUnknowns unknowns_;
  Rasterizer* rasterizer_ = nullptr;
  const ViewBatch* batch_ = nullptr;
  int index_ = 0;
  mutable std::mutex mutex_;
  mutable std::vector<double> cached_at_;  // the parameters; empty: nothing is cached
  mutable Eigen::MatrixXd cached_gram_;
};

}  // namespace ceres_align
