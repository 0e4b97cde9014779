// All views of a problem evaluated in one call of the rasterizer, before Ceres asks for them.
#pragma once

#include <ceres/evaluation_callback.h>

#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

/// Ceres' evaluation callback: set it as Problem::Options::evaluation_callback and add one
/// SilhouetteCostFunction(&batch, i) per view. Value and Jacobian come from one evaluation, kept
/// by the bytes of the blocks, so Ceres' trial step and the Jacobian at the accepted point cost
/// one. Views may have different blocks, or share them. Borrows the rasterizer and the blocks.
class ViewBatch : public ceres::EvaluationCallback {
 public:
  explicit ViewBatch(Rasterizer* rasterizer);

  /// Returns the view's index. `blocks`: those that the cost gets.
  int AddView(const SilhouetteView& view, const ViewBlocks& blocks);
  int AddView(const SilhouetteView& view, const double* rig_from_world) {
    return AddView(view, ViewBlocks(rig_from_world));
  }
  int num_views() const { return static_cast<int>(views_.size()); }

  /// From now on a trial pose that lies farther than this from the last pose at which Ceres asked
  /// for a Jacobian is refused without an evaluation: its costs report failure, which Ceres takes
  /// as a step of infinite cost. Rotation in rad, translation in mesh units. A step that changes a
  /// focal length or the scale by more than a factor of 1.5 is refused then, too.
  void LimitSteps(double max_rotation_rad, double max_translation);

  void PrepareForEvaluation(bool evaluate_jacobians, bool new_evaluation_point) override;

  const SilhouetteView& view(int i) const { return views_[i].view; }
  ViewUnknowns unknowns(int i) const { return views_[i].blocks.unknowns(); }
  /// View i's Gram matrix (BlockGram). CHECKs that `parameters` are what was prepared.
  const Eigen::MatrixXd& gram(int i, double const* const* parameters) const;
  /// View i's cost, ½ Σ w (M − T)², at the last point.
  double cost(int i) const {
    const Eigen::MatrixXd& gram = views_[i].gram;
    return 0.5 * gram(gram.rows() - 1, gram.cols() - 1);
  }
  /// The last point is too far off, or there is no image of it (ViewValues::IsValid).
  bool refused() const { return refused_; }
  /// Batches rasterized so far.
  int num_evaluations() const { return num_evaluations_; }

 private:
  struct Entry {
    SilhouetteView view;
    ViewBlocks blocks;
    std::vector<double> evaluated;  // the blocks' values behind `gram`
    std::vector<double> anchor;     // the last ones with a Jacobian
    Eigen::MatrixXd gram;
  };
  bool TooFar() const;
  void EvaluateAll();

  Rasterizer* rasterizer_;
  std::vector<Entry> views_;
  double max_rotation_rad_ = -1, max_translation_ = -1;
  bool evaluated_ = false, anchored_ = false, refused_ = false;
  int num_evaluations_ = 0;
  std::vector<RasterJob> jobs_;
  std::vector<GramResult> results_;
};

}  // namespace ceres_align
