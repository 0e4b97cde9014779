// The variable blocks of a ceres::Problem that residuals tie together.
#pragma once

#include <ceres/problem.h>

#include <Eigen/Core>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

/// A variable block: its tangent is `tangent_size` numbers of the joint vector, from `first` on.
struct VariableBlock {
  double* values;
  Eigen::Index first = 0, ambient_size = 0, tangent_size = 0;
  Eigen::MatrixXd plus;  ///< ambient by tangent (Manifold::PlusJacobian)
  bool is_pose = false;  ///< it has a PoseManifold
};

/// Null if the residual is of another kind.
const SilhouetteCostFunction* AsSilhouette(const ceres::Problem& problem,
                                           ceres::ResidualBlockId id);

/// Blocks, and the residuals on them.
struct ProblemBlocks {
  std::vector<ceres::ResidualBlockId> silhouettes, others;
  std::vector<VariableBlock> variables, constants;  ///< constants: `first` is −1

  Eigen::Index tangent_size() const;
  /// Null where it is none of the variables.
  const VariableBlock* Find(const double* block) const;
};

/// All that residuals tie to the blocks of some silhouettes, over any number of variable blocks, in
/// the order in which it is found: those silhouettes first.
ProblemBlocks BlocksTiedTo(const ceres::Problem& problem,
                           const std::vector<ceres::ResidualBlockId>& silhouettes);
/// The same from one variable block on, which is the first.
ProblemBlocks BlocksTiedTo(const ceres::Problem& problem, double* first);

/// The Jacobian of some residuals by the tangents of all variables, losses applied. False where one
/// cannot be evaluated. The residuals' own values go to `residuals` unless that is null.
bool JacobianOf(ceres::Problem* problem, const std::vector<ceres::ResidualBlockId>& ids,
                const ProblemBlocks& blocks, Eigen::MatrixXd* J, Eigen::VectorXd* residuals);

}  // namespace ceres_align
