#include "ceres_align/assess/pose_covariance.h"

#include <glog/logging.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using RowMajorXd = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void CheckPoseBlock(const ceres::Problem& problem, const double* pose_block) {
  CHECK(problem.HasParameterBlock(pose_block)) << "the pose is no block of the problem";
  CHECK(!problem.IsParameterBlockConstant(pose_block)) << "the pose is constant";
  CHECK(dynamic_cast<const PoseManifold*>(problem.GetManifold(pose_block)) != nullptr)
      << "the pose has no PoseManifold";
}

// What is tied to the pose; CHECKs that silhouettes are so directly, and to nothing else.
ProblemBlocks BlocksOfOnePose(const ceres::Problem& problem, const double* pose_block) {
  const ProblemBlocks blocks = BlocksTiedTo(problem, const_cast<double*>(pose_block));
  for (const ceres::ResidualBlockId id : blocks.silhouettes) {
    std::vector<double*> parameters;
    problem.GetParameterBlocksForResidualBlock(id, &parameters);
    for (const double* block : parameters) {
      CHECK(block == pose_block || problem.IsParameterBlockConstant(block))
          << "silhouettes with several variable blocks: give the silhouettes to Compute";
    }
  }
  return blocks;
}

// CHECKs that the problem's silhouettes have the JᵀJ of the views, to rounding.
void CheckSilhouettes(ceres::Problem* problem, const std::vector<WeightedView>& views,
                      Rasterizer* rasterizer, const double* pose_block) {
  ProblemBlocks blocks = BlocksOfOnePose(*problem, pose_block);
  if (blocks.silhouettes.empty()) return;
  blocks.variables.resize(1);
  MatrixXd J;
  CHECK(JacobianOf(problem, blocks.silhouettes, blocks, &J, nullptr))
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

// The blocks of these silhouettes; CHECKs that none is missing.
ProblemBlocks BlocksOf(const ceres::Problem& problem,
                       const std::vector<ProblemSilhouette>& silhouettes) {
  CHECK(!silhouettes.empty());
  std::vector<ceres::ResidualBlockId> ids;
  for (const ProblemSilhouette& silhouette : silhouettes) {
    CHECK(std::find(ids.begin(), ids.end(), silhouette.id) == ids.end()) << "a silhouette twice";
    ids.push_back(silhouette.id);
  }
  ProblemBlocks blocks = BlocksTiedTo(problem, ids);
  CHECK_EQ(blocks.silhouettes.size(), ids.size())
      << "the problem ties a silhouette to these that is not among them";
  CHECK_GT(blocks.tangent_size(), 0) << "all blocks are constant";
  return blocks;
}

// CHECKs that the outlines have the problem's gradient, to rounding.
void CheckTargets(const ProblemOutlines& outlines, const Eigen::VectorXd& gradient,
                  double residual_norm) {
  Eigen::VectorXd g = Eigen::VectorXd::Zero(gradient.size()), squares = g;
  for (size_t i = 0; i < outlines.pixels.size(); ++i) {
    const auto column = outlines.by_unknowns.col(static_cast<Eigen::Index>(i));
    const OutlinePixel& pixel = outlines.pixels[i];
    g += pixel.weight * pixel.residual * column;
    squares += pixel.weight * column.cwiseAbs2();
  }
  for (Eigen::Index i = 0; i < g.size(); ++i) {
    CHECK_LE(std::abs(g[i] - gradient[i]), 1e-6 * residual_norm * std::sqrt(squares[i]))
        << "the problem's silhouettes do not have these targets";
  }
}

}  // namespace

bool InformationOfOthers(ceres::Problem* problem, const double* pose_block, Matrix6d* information) {
  CheckPoseBlock(*problem, pose_block);
  const ProblemBlocks blocks = BlocksOfOnePose(*problem, pose_block);
  information->setZero();
  if (blocks.others.empty()) return true;
  MatrixXd J;
  if (!JacobianOf(problem, blocks.others, blocks, &J, nullptr)) return false;
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
  Variable pose{pose_block, 0, MatrixXd(kPoseBlockSize, 6), true, FromPoseBlock(pose_block)};
  Eigen::Matrix<double, kPoseBlockSize, 6, Eigen::RowMajor> plus;
  PoseManifold().PlusJacobian(pose_block, plus.data());
  pose.plus = plus;
  pose.center = views[0].view.world_from_object * rasterizer->MeshCenter(views[0].view.mesh);
  // With the world's origin moved into the object rotation and translation hardly depend on each
  // other, however far away it is.
  const Rigid3d moved_from_world(Eigen::Quaterniond::Identity(), -pose.center);
  std::vector<WeightedView> moved = views;
  for (WeightedView& weighted : moved) {
    weighted.view.world_from_object = moved_from_world * weighted.view.world_from_object;
  }
  const MatrixXd from_center = pose.TangentFromCenter();
  const Matrix6d information = from_center.transpose() * other_information * from_center;
  const auto covariance = SandwichCovariance(moved, information, rasterizer, radius,
                                             pose.value * Inverse(moved_from_world), &message_);
  variables_ = {pose};
  computed_ = covariance.has_value();
  if (computed_) about_centers_ = *covariance;
  return computed_;
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

bool PoseCovariance::Compute(const std::vector<ProblemSilhouette>& silhouettes,
                             Rasterizer* rasterizer, ceres::Problem* problem) {
  computed_ = false;
  const ProblemBlocks blocks = BlocksOf(*problem, silhouettes);
  MatrixXd of_silhouettes, of_others;
  Eigen::VectorXd residuals;
  if (!JacobianOf(problem, blocks.silhouettes, blocks, &of_silhouettes, &residuals) ||
      !JacobianOf(problem, blocks.others, blocks, &of_others, nullptr)) {
    message_ = "a residual of the problem cannot be evaluated";
    return false;
  }
  const ProblemOutlines outlines = OutlinesOf(*problem, silhouettes, blocks, rasterizer);
  CheckTargets(outlines, of_silhouettes.transpose() * residuals, residuals.norm());

  variables_.clear();
  for (const auto* list : {&blocks.variables, &blocks.constants}) {
    for (const VariableBlock& block : *list) {
      variables_.push_back({block.values, block.first, block.plus, block.is_pose});
      if (block.is_pose) variables_.back().value = FromPoseBlock(block.values);
    }
  }
  std::vector<PoseAmongUnknowns> poses;
  for (const ProblemOutlines::Center& center : outlines.centers) {
    variables_[center.variable].center = center.point;
    poses.push_back({variables_[center.variable].first, center.radius});
  }
  const Eigen::Index n = blocks.tangent_size();
  MatrixXd from_centers = MatrixXd::Zero(n, n);
  for (const Variable& v : variables_) {
    if (v.first < 0) continue;
    from_centers.block(v.first, v.first, v.tangent_size(), v.tangent_size()) =
        v.TangentFromCenter();
  }
  of_others = of_others * from_centers;
  const auto covariance =
      SandwichCovariance(outlines.pixels, from_centers.transpose() * outlines.by_unknowns,
                         outlines.misfit, of_others.transpose() * of_others, poses, &message_);
  computed_ = covariance.has_value();
  if (computed_) about_centers_ = *covariance;
  return computed_;
}

MatrixXd PoseCovariance::Variable::TangentFromCenter() const {
  if (!is_pose) return MatrixXd::Identity(tangent_size(), tangent_size());
  return ChangeOfPoint(-(value.R() * center));
}

const PoseCovariance::Variable& PoseCovariance::Find(const double* block) const {
  CHECK(computed_) << message_;
  for (const Variable& variable : variables_) {
    if (variable.block == block) return variable;
  }
  LOG(FATAL) << "a block that nothing ties to the silhouettes";
}

const PoseCovariance::Variable& PoseCovariance::OnlyPose() const {
  CHECK(computed_) << message_;
  const Variable* only = nullptr;
  for (const Variable& variable : variables_) {
    if (variable.first < 0) continue;
    CHECK(only == nullptr) << "several variable blocks: say which";
    only = &variable;
  }
  CHECK(only->is_pose) << "the variable block is no pose";
  return *only;
}

MatrixXd PoseCovariance::TangentCovariance(const Variable& a, const Variable& b) const {
  if (a.first < 0 || b.first < 0) return MatrixXd::Zero(a.tangent_size(), b.tangent_size());
  return a.TangentFromCenter() *
         about_centers_.block(a.first, b.first, a.tangent_size(), b.tangent_size()) *
         b.TangentFromCenter().transpose();
}

void PoseCovariance::GetCovarianceBlockInTangentSpace(double* covariance_block) const {
  const double* pose = OnlyPose().block;
  GetCovarianceBlockInTangentSpace(pose, pose, covariance_block);
}

void PoseCovariance::GetCovarianceBlock(double* covariance_block) const {
  const double* pose = OnlyPose().block;
  GetCovarianceBlock(pose, pose, covariance_block);
}

void PoseCovariance::GetCovarianceBlockInTangentSpace(const double* block1, const double* block2,
                                                      double* covariance_block) const {
  const Variable &a = Find(block1), &b = Find(block2);
  Eigen::Map<RowMajorXd>(covariance_block, a.tangent_size(), b.tangent_size()) =
      TangentCovariance(a, b);
}

void PoseCovariance::GetCovarianceBlock(const double* block1, const double* block2,
                                        double* covariance_block) const {
  const Variable &a = Find(block1), &b = Find(block2);
  Eigen::Map<RowMajorXd>(covariance_block, a.plus.rows(), b.plus.rows()) =
      a.plus * TangentCovariance(a, b) * b.plus.transpose();
}

Matrix6d PoseCovariance::CovarianceAbout(const double* pose_block,
                                         const Eigen::Vector3d& point) const {
  const Variable& pose = Find(pose_block);
  CHECK(pose.first >= 0 && pose.is_pose) << "no variable pose";
  const Matrix6d A = ChangeOfPoint(pose.value.rotation * (point - pose.center));
  const Matrix6d covariance =
      A * about_centers_.block<6, 6>(pose.first, pose.first) * A.transpose();
  return 0.5 * (covariance + covariance.transpose());
}

Matrix6d PoseCovariance::CovarianceAbout(const Eigen::Vector3d& point_in_world) const {
  return CovarianceAbout(OnlyPose().block, point_in_world);
}

Eigen::Matrix<double, 6, 1> PoseCovariance::SigmasAbout(
    const Eigen::Vector3d& point_in_world) const {
  return SigmasAbout(OnlyPose().block, point_in_world);
}

Eigen::Matrix<double, 6, 1> PoseCovariance::SigmasAbout(const double* pose_block,
                                                        const Eigen::Vector3d& point) const {
  return CovarianceAbout(pose_block, point).diagonal().cwiseMax(0).cwiseSqrt();
}

}  // namespace ceres_align
