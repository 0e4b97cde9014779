#include "ceres_align/assess/pose_covariance.h"

#include <ceres/crs_matrix.h>
#include <glog/logging.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <set>

#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;

struct Blocks {
  std::vector<ceres::ResidualBlockId> silhouettes, others;
  std::vector<double*> variables;  // of `others`; the pose first
};

bool IsSilhouette(const ceres::Problem& problem, ceres::ResidualBlockId id) {
  return dynamic_cast<const SilhouetteCostFunction*>(problem.GetCostFunctionForResidualBlock(id)) !=
         nullptr;
}

// All residuals that other residuals than silhouettes tie to the pose, over any number of blocks.
Blocks FindBlocks(const ceres::Problem& problem, const double* pose_block) {
  Blocks found;
  std::set<ceres::ResidualBlockId> seen;
  found.variables.push_back(const_cast<double*>(pose_block));
  for (size_t i = 0; i < found.variables.size(); ++i) {
    std::vector<ceres::ResidualBlockId> ids;
    problem.GetResidualBlocksForParameterBlock(found.variables[i], &ids);
    for (const ceres::ResidualBlockId id : ids) {
      if (!seen.insert(id).second) continue;
      if (IsSilhouette(problem, id)) {
        CHECK_EQ(i, 0u) << "silhouettes on two poses: not supported";
        found.silhouettes.push_back(id);
        continue;
      }
      found.others.push_back(id);
      std::vector<double*> parameters;
      problem.GetParameterBlocksForResidualBlock(id, &parameters);
      for (double* block : parameters) {
        const auto& known = found.variables;
        if (problem.IsParameterBlockConstant(block)) continue;
        if (std::find(known.begin(), known.end(), block) != known.end()) continue;
        found.variables.push_back(block);
      }
    }
  }
  return found;
}

// The Jacobian of some residuals by the tangents of some blocks.
bool Jacobian(ceres::Problem* problem, const std::vector<ceres::ResidualBlockId>& residuals,
              const std::vector<double*>& variables, MatrixXd* J) {
  ceres::Problem::EvaluateOptions options;
  options.residual_blocks = residuals;
  options.parameter_blocks = variables;
  ceres::CRSMatrix sparse;
  if (!problem->Evaluate(options, nullptr, nullptr, nullptr, &sparse)) return false;
  J->setZero(sparse.num_rows, sparse.num_cols);
  for (int r = 0; r < sparse.num_rows; ++r) {
    for (int k = sparse.rows[r]; k < sparse.rows[r + 1]; ++k) {
      (*J)(r, sparse.cols[k]) = sparse.values[k];
    }
  }
  return J->allFinite();
}

void CheckPoseBlock(const ceres::Problem& problem, const double* pose_block) {
  CHECK(problem.HasParameterBlock(pose_block)) << "the pose is no block of the problem";
  CHECK(!problem.IsParameterBlockConstant(pose_block)) << "the pose is constant";
  CHECK(dynamic_cast<const PoseManifold*>(problem.GetManifold(pose_block)) != nullptr)
      << "the pose has no PoseManifold";
}

// CHECKs that the problem's silhouettes have the JᵀJ of the views, to rounding.
void CheckSilhouettes(ceres::Problem* problem, const std::vector<WeightedView>& views,
                      Rasterizer* rasterizer, const double* pose_block) {
  const Blocks blocks = FindBlocks(*problem, pose_block);
  if (blocks.silhouettes.empty()) return;
  MatrixXd J;
  CHECK(Jacobian(problem, blocks.silhouettes, {const_cast<double*>(pose_block)}, &J))
      << "a silhouette of the problem cannot be evaluated";
  const Rigid3d pose = FromPoseBlock(pose_block);
  Matrix6d H = Matrix6d::Zero();
  for (const WeightedView& weighted : views) {
    std::vector<GramResult> results;
    rasterizer->Evaluate({weighted.view.Job(pose)}, &results);
    SilhouetteView view = weighted.view;
    view.mesh_center_in_object = rasterizer->MeshCenter(view.mesh);
    H += weighted.weight * view.Gram(results[0], pose).topLeftCorner<6, 6>();
  }
  const Matrix6d difference = J.transpose() * J - H;
  for (int i = 0; i < 6; ++i) {
    for (int k = 0; k < 6; ++k) {
      CHECK_LE(std::abs(difference(i, k)), 1e-6 * std::sqrt(H(i, i) * H(k, k)))
          << "the problem's silhouettes are not these views with these weights";
    }
  }
}

// [ω, v_p] = A·[ω, v_q] for points p and q = p − offset, offset in the rig: v_p = v_q + ω × offset.
Matrix6d ChangeOfPoint(const Eigen::Vector3d& offset_in_rig) {
  const Eigen::Vector3d& d = offset_in_rig;
  Matrix6d A = Matrix6d::Identity();
  A.bottomLeftCorner<3, 3>() << 0, d.z(), -d.y(), -d.z(), 0, d.x(), d.y(), -d.x(), 0;
  return A;
}

}  // namespace

bool InformationOfOthers(ceres::Problem* problem, const double* pose_block, Matrix6d* information) {
  CheckPoseBlock(*problem, pose_block);
  const Blocks blocks = FindBlocks(*problem, pose_block);
  information->setZero();
  if (blocks.others.empty()) return true;
  MatrixXd J;
  if (!Jacobian(problem, blocks.others, blocks.variables, &J)) return false;
  MatrixXd of_pose = J.leftCols<6>();
  MatrixXd of_rest = J.rightCols(J.cols() - 6);
  if (of_rest.cols() > 0) {
    // The part of of_pose that the other variables cannot imitate: the Schur complement's root.
    for (Eigen::Index c = 0; c < of_rest.cols(); ++c) {
      const double norm = of_rest.col(c).norm();
      if (norm > 0) of_rest.col(c) /= norm;
    }
    const Eigen::ColPivHouseholderQR<MatrixXd> qr(of_rest);
    of_pose.applyOnTheLeft(qr.householderQ().adjoint());
    of_pose.topRows(qr.rank()).setZero();
  }
  *information = of_pose.transpose() * of_pose;
  return true;
}

bool PoseCovariance::Compute(const std::vector<WeightedView>& views, Rasterizer* rasterizer,
                             double radius, const double* pose_block,
                             const Matrix6d& other_information) {
  CHECK(!views.empty());
  computed_ = false;
  rig_from_world_ = FromPoseBlock(pose_block);
  center_in_world_ = views[0].view.world_from_object * rasterizer->MeshCenter(views[0].view.mesh);
  // With the world's origin moved into the object rotation and translation hardly depend on each
  // other, however far away it is.
  const Rigid3d moved_from_world(Eigen::Quaterniond::Identity(), -center_in_world_);
  std::vector<WeightedView> moved = views;
  for (WeightedView& weighted : moved) {
    weighted.view.world_from_object = moved_from_world * weighted.view.world_from_object;
  }
  const Matrix6d origin_from_center = ChangeOfPoint(-(rig_from_world_.R() * center_in_world_));
  const auto covariance = SandwichCovariance(
      moved, origin_from_center.transpose() * other_information * origin_from_center, rasterizer,
      radius, rig_from_world_ * Inverse(moved_from_world), &message_);
  if (!covariance) return false;
  about_center_ = *covariance;
  computed_ = true;
  return true;
}

bool PoseCovariance::Compute(const std::vector<WeightedView>& views, Rasterizer* rasterizer,
                             double radius, const double* pose_block, ceres::Problem* problem) {
  computed_ = false;
  Matrix6d information;
  if (!InformationOfOthers(problem, pose_block, &information)) {
    message_ = "a residual of the problem cannot be evaluated";
    return false;
  }
  CheckSilhouettes(problem, views, rasterizer, pose_block);
  return Compute(views, rasterizer, radius, pose_block, information);
}

void PoseCovariance::GetCovarianceBlockInTangentSpace(double* covariance_block) const {
  Eigen::Map<Eigen::Matrix<double, 6, 6, Eigen::RowMajor>>{covariance_block} =
      CovarianceAbout(Eigen::Vector3d::Zero());
}

void PoseCovariance::GetCovarianceBlock(double* covariance_block) const {
  double pose_block[kPoseBlockSize];
  ToPoseBlock(rig_from_world_, pose_block);
  Eigen::Matrix<double, 7, 6, Eigen::RowMajor> plus;
  PoseManifold().PlusJacobian(pose_block, plus.data());
  Eigen::Map<Eigen::Matrix<double, 7, 7, Eigen::RowMajor>>{covariance_block} =
      plus * CovarianceAbout(Eigen::Vector3d::Zero()) * plus.transpose();
}

Matrix6d PoseCovariance::CovarianceAbout(const Eigen::Vector3d& point_in_world) const {
  CHECK(computed_) << message_;
  const Matrix6d A = ChangeOfPoint(rig_from_world_.rotation * (point_in_world - center_in_world_));
  const Matrix6d covariance = A * about_center_ * A.transpose();
  return 0.5 * (covariance + covariance.transpose());
}

Eigen::Matrix<double, 6, 1> PoseCovariance::SigmasAbout(
    const Eigen::Vector3d& point_in_world) const {
  return CovarianceAbout(point_in_world).diagonal().cwiseMax(0).cwiseSqrt();
}

}  // namespace ceres_align
