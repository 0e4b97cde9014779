// A robot's pose before a camera and the offsets of its joints as blocks of a ceres::Problem.
#pragma once

#include <ceres/cost_function.h>
#include <ceres/evaluation_callback.h>

#include <Eigen/Core>
#include <memory>
#include <mutex>
#include <vector>

#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

namespace hand_eye_internal {
class LinkDrawer;
struct Look;
}  // namespace hand_eye_internal

/// The views of a robot's scene, with its links (eye in hand: the object) resident in a rasterizer:
/// what the RobotCostFunctions of a problem share.
class RobotViews {
 public:
  /// `scene` is MakeHandEyeScene(problem), perhaps with weights. `scale` in (0, 1]: masks and
  /// cameras are compared at this much of their size. `window` as RasterJob's. Borrows problem,
  /// scene and rasterizer, which must outlive it. CHECKs the number of views, and that a joint can
  /// move.
  RobotViews(const HandEyeProblem& problem, const Scene& scene, Rasterizer* rasterizer,
             double scale = 1, int window = 1);
  /// The same with links that are resident already.
  RobotViews(std::shared_ptr<const hand_eye_internal::LinkDrawer> drawer,
             const hand_eye_internal::Look& look);
  ~RobotViews();

  size_t num_views() const;  ///< by HandEyeView(problem, state, camera)
  int num_offsets() const;   ///< RobotModel::variable_names

  /// [J r]ᵀ[J r] of a view, r last, J by PoseManifold's tangent [ω, v] of rig_from_world and then
  /// the offsets (rad or m).
  Eigen::MatrixXd Gram(size_t view, const Rigid3d& rig_from_world,
                       const Eigen::VectorXd& offsets) const;

 private:
  std::shared_ptr<const hand_eye_internal::LinkDrawer> drawer_;
  std::unique_ptr<const hand_eye_internal::Look> look_;
};

/// cost = ½ Σ_i w_i (M_i(pose, offsets) − T_i)² over a view's pixels, those off the outline too, as
/// n + 7 residuals, n the number of offsets.
///
/// Parameters: [0] rig_from_world [qx, qy, qz, qw, tx, ty, tz]; give it a PoseManifold. [1] joint
/// offsets (n), by RobotModel::variable_names, rad or m: in this view's state each joint stands at
/// q + offset. Views of all states share both blocks; a SubsetManifold holds single offsets. Eye to
/// hand the world is the robot's base, eye in hand the flange. Some offsets cannot be told from
/// another pose (docs/robots.md): give all of them a prior.
///
/// The robot is drawn link by link, so every outline is known to be one link's, and the Jacobian is
/// exact. Left out are pixels that several links cover in part and none covers all: there the
/// robot's coverage is not one link's. So the cost is not continuous: where a pixel comes to be
/// shared, or ceases to be, it steps by that pixel's ½ w (M − T)². The derivative is that of the
/// cost with the shared pixels as they are. They are few (where links meet at the outline), but a
/// solver that asks for the last bit of decrease can end on such a step: use a function_tolerance
/// of about 1e-6.
///
/// Keeps the last result, so Ceres' trial step and the Jacobian at the same point cost one
/// evaluation. Draws its view by the calling thread; several views at once: RobotEvaluation.
/// A LossFunction on this block acts on the whole view. Evaluate fails where a parameter is not
/// finite.
class RobotCostFunction : public ceres::CostFunction {
 public:
  /// Shares the views. CHECKs `view`.
  RobotCostFunction(std::shared_ptr<const RobotViews> views, size_t view);

  const RobotViews& views() const { return *views_; }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override;

 private:
  Eigen::MatrixXd GramAt(double const* const* parameters) const;

  std::shared_ptr<const RobotViews> views_;
  size_t view_;
  mutable std::mutex mutex_;
  mutable std::vector<double> cached_at_;  // the parameters; empty: nothing is cached
  mutable Eigen::MatrixXd cached_gram_;
};

/// Evaluates views side by side on the rasterizer's threads, before Ceres asks for them: a
/// problem's evaluation callback. Ceres' own num_threads stays 1, so that sums, and results, are
/// the same bits for any number of threads. Borrows all that it is given.
class RobotEvaluation : public ceres::EvaluationCallback {
 public:
  RobotEvaluation(Rasterizer* rasterizer, const double* rig_from_world, const double* offsets)
      : rasterizer_(rasterizer), blocks_{rig_from_world, offsets} {}
  /// A cost of the two blocks.
  void Add(const RobotCostFunction* cost) { costs_.push_back(cost); }

  void PrepareForEvaluation(bool evaluate_jacobians, bool new_evaluation_point) override;

 private:
  Rasterizer* rasterizer_;
  const double* blocks_[2];
  std::vector<const RobotCostFunction*> costs_;
};

}  // namespace ceres_align
