#include "ceres_align/assess/problem_blocks.h"

#include <ceres/crs_matrix.h>
#include <glog/logging.h>

#include <set>

#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using RowMajorXd = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

VariableBlock MakeVariable(const ceres::Problem& problem, double* block, Eigen::Index first) {
  VariableBlock variable;
  variable.values = block;
  variable.first = first;
  variable.ambient_size = problem.ParameterBlockSize(block);
  variable.tangent_size = problem.ParameterBlockTangentSize(block);
  const ceres::Manifold* manifold = problem.GetManifold(block);
  if (manifold == nullptr) {
    variable.plus = MatrixXd::Identity(variable.ambient_size, variable.ambient_size);
    return variable;
  }
  RowMajorXd plus(variable.ambient_size, variable.tangent_size);
  CHECK(variable.tangent_size == 0 || manifold->PlusJacobian(block, plus.data()));
  variable.plus = plus;
  variable.is_pose = dynamic_cast<const PoseManifold*>(manifold) != nullptr;
  return variable;
}

// Adds what the residual `id` depends on.
void AddParameters(const ceres::Problem& problem, ceres::ResidualBlockId id, ProblemBlocks* found) {
  std::vector<double*> parameters;
  problem.GetParameterBlocksForResidualBlock(id, &parameters);
  for (double* block : parameters) {
    if (found->Find(block) != nullptr) continue;
    if (problem.IsParameterBlockConstant(block)) {
      found->constants.push_back(MakeVariable(problem, block, -1));
    } else {
      found->variables.push_back(MakeVariable(problem, block, found->tangent_size()));
    }
  }
}

void Follow(const ceres::Problem& problem, ProblemBlocks* found) {
  std::set<ceres::ResidualBlockId> seen(found->silhouettes.begin(), found->silhouettes.end());
  for (size_t i = 0; i < found->variables.size(); ++i) {
    std::vector<ceres::ResidualBlockId> ids;
    problem.GetResidualBlocksForParameterBlock(found->variables[i].values, &ids);
    for (const ceres::ResidualBlockId id : ids) {
      if (!seen.insert(id).second) continue;
      const bool silhouette = AsSilhouette(problem, id) != nullptr;
      (silhouette ? found->silhouettes : found->others).push_back(id);
      AddParameters(problem, id, found);
    }
  }
}

}  // namespace

const SilhouetteCostFunction* AsSilhouette(const ceres::Problem& problem,
                                           ceres::ResidualBlockId id) {
  return dynamic_cast<const SilhouetteCostFunction*>(problem.GetCostFunctionForResidualBlock(id));
}

Eigen::Index ProblemBlocks::tangent_size() const {
  return variables.empty() ? 0 : variables.back().first + variables.back().tangent_size;
}

const VariableBlock* ProblemBlocks::Find(const double* block) const {
  for (const VariableBlock& variable : variables) {
    if (variable.values == block) return &variable;
  }
  return nullptr;
}

ProblemBlocks BlocksTiedTo(const ceres::Problem& problem,
                           const std::vector<ceres::ResidualBlockId>& silhouettes) {
  ProblemBlocks found;
  found.silhouettes = silhouettes;
  for (const ceres::ResidualBlockId id : silhouettes) AddParameters(problem, id, &found);
  Follow(problem, &found);
  return found;
}

ProblemBlocks BlocksTiedTo(const ceres::Problem& problem, double* first) {
  ProblemBlocks found;
  found.variables.push_back(MakeVariable(problem, first, 0));
  Follow(problem, &found);
  return found;
}

bool JacobianOf(ceres::Problem* problem, const std::vector<ceres::ResidualBlockId>& ids,
                const ProblemBlocks& blocks, MatrixXd* J, Eigen::VectorXd* residuals) {
  ceres::Problem::EvaluateOptions options;
  options.residual_blocks = ids;
  for (const VariableBlock& variable : blocks.variables) {
    options.parameter_blocks.push_back(variable.values);
  }
  ceres::CRSMatrix sparse;
  std::vector<double> values;
  if (!problem->Evaluate(options, nullptr, &values, nullptr, &sparse)) return false;
  J->setZero(sparse.num_rows, sparse.num_cols);
  for (int r = 0; r < sparse.num_rows; ++r) {
    for (int k = sparse.rows[r]; k < sparse.rows[r + 1]; ++k) {
      (*J)(r, sparse.cols[k]) = sparse.values[k];
    }
  }
  CHECK_EQ(J->cols(), blocks.tangent_size());
  if (residuals != nullptr) {
    *residuals = Eigen::VectorXd::Map(values.data(), static_cast<Eigen::Index>(values.size()));
  }
  return J->allFinite();
}

}  // namespace ceres_align
