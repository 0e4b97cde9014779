// The covariance of a pose that a ceres::Problem of one's own has solved for, in the manner of
// ceres::Covariance.
#pragma once

#include <ceres/problem.h>

#include <string>
#include <vector>

#include "ceres_align/assess/covariance.h"

namespace ceres_align {

/// The information on the pose (6x6, tangent [ω, v] of its PoseManifold) of all residual blocks
/// that are not SilhouetteCostFunctions, at the problem's present values: JᵀJ with the losses
/// applied, as ceres::Covariance takes it. Other variable blocks that are tied to the pose by
/// residuals are marginalised (Schur complement). Zero if there are no such residuals; false if
/// one cannot be evaluated.
///
/// CHECKs that `pose_block` is a variable block of the problem with a PoseManifold and that
/// silhouettes are on this pose only. Dense: meant for problems of up to some hundreds of rows.
bool InformationOfOthers(ceres::Problem* problem, const double* pose_block, Matrix6d* information);

/// The covariance of rig_from_world at the optimum of
///   Σ_v s_v ½ Σ_i w_i (M_i − T_i)²  +  ½ Σ |other residuals|²
/// by SandwichCovariance. ceres::Covariance's (JᵀJ)⁻¹ is of no use here: a mask's errors are
/// neither of unit variance nor independent from pixel to pixel, and a view's seven rows
/// hide the pixels. The other residuals are taken as white, as ceres::Covariance takes them.
///
///   PoseCovariance covariance;
///   if (covariance.Compute(views, &rasterizer, radius, pose, &problem)) {
///     double block[7 * 7];
///     covariance.GetCovarianceBlock(block);
///   }
///
/// The tangent is PoseManifold's: ω (rad) in the rig's axes about the world's origin, which v
/// (mesh units) moves. If that is not in the object, ω and v depend strongly on each other:
/// CovarianceAbout() the object's centre is the one to read.
class PoseCovariance {
 public:
  /// At pose_block [qx, qy, qz, qw, tx, ty, tz], the optimum. `views` are the problem's silhouettes
  /// with their weights, `radius` is the object's (ContourMesh::radius), `other_information` the
  /// JᵀJ by the tangent of all that is known besides. False if the pose is not determined; then
  /// message() says why. CHECKs arguments, and that there is a view.
  bool Compute(const std::vector<WeightedView>& views, Rasterizer* rasterizer, double radius,
               const double* pose_block, const Matrix6d& other_information = Matrix6d::Zero());
  /// The same with the InformationOfOthers of a problem. If it holds silhouettes, CHECKs that
  /// their JᵀJ is that of `views`: another weight, target or window would make the result wrong.
  /// So a loss on a silhouette must be null or a ScaledLoss.
  bool Compute(const std::vector<WeightedView>& views, Rasterizer* rasterizer, double radius,
               const double* pose_block, ceres::Problem* problem);

  /// Why the last Compute returned false, in a sentence.
  const std::string& message() const { return message_; }

  // The following CHECK that the last Compute returned true.

  /// 7x7, row-major, by the pose block's numbers: P·C·Pᵀ with PoseManifold's PlusJacobian; rank 6.
  void GetCovarianceBlock(double* covariance_block) const;
  /// 6x6, row-major, of the tangent [ω, v].
  void GetCovarianceBlockInTangentSpace(double* covariance_block) const;

  /// Of [ω, v_p]: v_p = v + ω × (R·p) is the motion in the rig of the point p of the world, in
  /// mesh units. With p the object's centre this is AlignResult::covariance; with p the place of a
  /// camera its lower right block is the covariance of that place, in the rig's axes.
  Matrix6d CovarianceAbout(const Eigen::Vector3d& point_in_world) const;
  /// The roots of its diagonal: three of rotation (rad), three of translation (mesh units), along
  /// the rig's axes.
  Eigen::Matrix<double, 6, 1> SigmasAbout(const Eigen::Vector3d& point_in_world) const;

 private:
  bool computed_ = false;
  std::string message_ = "Compute was not called";
  Rigid3d rig_from_world_;
  Eigen::Vector3d center_in_world_ = Eigen::Vector3d::Zero();
  Matrix6d about_center_ = Matrix6d::Zero();
};

}  // namespace ceres_align
