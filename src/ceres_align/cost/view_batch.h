// All views of a problem evaluated in one call of the rasterizer, before Ceres asks for them.
#pragma once

#include <ceres/evaluation_callback.h>

#include <array>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

/// Ceres' evaluation callback: set it as Problem::Options::evaluation_callback and add one
/// SilhouetteCostFunction(&batch, i) per view. Value and Jacobian come from one evaluation, kept
/// by the bytes of the pose blocks, so Ceres' trial step and the Jacobian at the accepted point
/// cost one. Views may have different pose blocks. Borrows the rasterizer and the blocks.
class ViewBatch : public ceres::EvaluationCallback {
 public:
  explicit ViewBatch(Rasterizer* rasterizer);

  /// Returns the view's index. `pose_block`: rig_from_world, the block that the cost gets.
  int AddView(const SilhouetteView& view, const double* pose_block);
  int num_views() const { return static_cast<int>(views_.size()); }

  /// From now on a trial pose that lies farther than this from the last pose at which Ceres asked
  /// for a Jacobian is refused without an evaluation: its costs report failure, which Ceres takes
  /// as a step of infinite cost. Rotation in rad, translation in mesh units.
  void LimitSteps(double max_rotation_rad, double max_translation);

  void PrepareForEvaluation(bool evaluate_jacobians, bool new_evaluation_point) override;

  /// View i's Gram matrix by the manifold's tangent. CHECKs that `pose_block` is what was
  /// prepared.
  const Matrix7d& gram(int i, const double* pose_block) const;
  bool refused() const { return refused_; }
  /// Batches rasterized so far.
  int num_evaluations() const { return num_evaluations_; }

 private:
  struct Entry {
    SilhouetteView view;
    const double* pose_block = nullptr;
    std::array<double, 7> evaluated{};  // the pose behind `gram`
    std::array<double, 7> anchor{};     // the last pose with a Jacobian
    Matrix7d gram = Matrix7d::Zero();
  };
  bool TooFar() const;

  Rasterizer* rasterizer_;
  std::vector<Entry> views_;
  double max_rotation_rad_ = -1, max_translation_ = -1;
  bool evaluated_ = false, anchored_ = false, refused_ = false;
  int num_evaluations_ = 0;
  std::vector<RasterJob> jobs_;
  std::vector<GramResult> results_;
};

}  // namespace ceres_align
