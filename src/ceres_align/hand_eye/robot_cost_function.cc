#include "ceres_align/hand_eye/robot_cost_function.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/cost/gram_rows.h"
#include "ceres_align/cost/lift_jacobian.h"
#include "ceres_align/hand_eye/link_images.h"

namespace ceres_align {

using hand_eye_internal::LinkDrawer;
using hand_eye_internal::Look;

RobotViews::RobotViews(const HandEyeProblem& problem, const Scene& scene, Rasterizer* rasterizer,
                       double scale, int window)
    : RobotViews(std::make_shared<const LinkDrawer>(problem, scene, rasterizer),
                 Look{MakeLevel(scene, scale), window}) {}

RobotViews::RobotViews(std::shared_ptr<const LinkDrawer> drawer, const Look& look)
    : drawer_(std::move(drawer)), look_(std::make_unique<const Look>(look)) {
  CHECK(!drawer_->problem().model.variable_names.empty());
}

RobotViews::~RobotViews() = default;

size_t RobotViews::num_views() const { return look_->level.cameras.size(); }

int RobotViews::num_offsets() const {
  return static_cast<int>(drawer_->problem().model.variable_names.size());
}

Eigen::MatrixXd RobotViews::Gram(size_t view, const Rigid3d& rig_from_world,
                                 const Eigen::VectorXd& offsets) const {
  CHECK_LT(view, num_views());
  CHECK_EQ(offsets.size(), num_offsets());
  return drawer_->GramOf(*look_, view, rig_from_world, offsets);
}

RobotCostFunction::RobotCostFunction(std::shared_ptr<const RobotViews> views, size_t view)
    : views_(std::move(views)), view_(view) {
  CHECK(views_ != nullptr);
  CHECK_LT(view, views_->num_views());
  set_num_residuals(6 + views_->num_offsets() + 1);
  *mutable_parameter_block_sizes() = {kPoseBlockSize, views_->num_offsets()};
}

Eigen::MatrixXd RobotCostFunction::GramAt(double const* const* parameters) const {
  std::vector<double> at(parameters[0], parameters[0] + kPoseBlockSize);
  at.insert(at.end(), parameters[1], parameters[1] + views_->num_offsets());
  const std::lock_guard<std::mutex> lock(mutex_);
  if (at != cached_at_) {
    const Eigen::VectorXd offsets =
        Eigen::Map<const Eigen::VectorXd>(parameters[1], views_->num_offsets());
    cached_gram_ = views_->Gram(view_, FromPoseBlock(parameters[0]), offsets);
    cached_at_ = std::move(at);
  }
  return cached_gram_;
}

bool RobotCostFunction::Evaluate(double const* const* parameters, double* residuals,
                                 double** jacobians) const {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  const int num_offsets = views_->num_offsets();
  if (!std::all_of(parameters[0], parameters[0] + kPoseBlockSize, is_finite) ||
      !std::all_of(parameters[1], parameters[1] + num_offsets, is_finite)) {
    return false;
  }
  const GramRows rows = RowsFromGram(GramAt(parameters));
  Eigen::VectorXd::Map(residuals, rows.residuals.size()) = rows.residuals;
  if (jacobians == nullptr) return true;
  if (jacobians[0] != nullptr) LiftPoseJacobian(rows.jacobian, 0, parameters[0], jacobians[0]);
  if (jacobians[1] != nullptr) CopyJacobian(rows.jacobian, 6, num_offsets, jacobians[1]);
  return true;
}

void RobotEvaluation::PrepareForEvaluation(bool /*evaluate_jacobians*/,
                                           bool /*new_evaluation_point*/) {
  rasterizer_->ForEach(costs_.size(), [&](size_t i) {
    std::vector<double> residuals(static_cast<size_t>(costs_[i]->num_residuals()));
    costs_[i]->Evaluate(blocks_, residuals.data(), nullptr);
  });
}

}  // namespace ceres_align
