// The covariance of poses and other blocks that a ceres::Problem of one's own has solved for, in
// the manner of ceres::Covariance.
#pragma once

#include <ceres/problem.h>

#include <string>
#include <vector>

#include "ceres_align/assess/covariance.h"
#include "ceres_align/assess/problem_outlines.h"

namespace ceres_align {

/// The information on the pose (6x6, tangent [ω, v] of its PoseManifold) of all residual blocks
/// that are not SilhouetteCostFunctions, at the problem's present values: JᵀJ with the losses
/// applied, as ceres::Covariance takes it. Other variable blocks that are tied to the pose by
/// residuals are marginalised (Schur complement). Zero if there are no such residuals; false if
/// one cannot be evaluated.
///
/// CHECKs that `pose_block` is a variable block of the problem with a PoseManifold and that
/// silhouettes have no other variable block. Dense: meant for problems of up to some hundreds of
/// rows.
bool InformationOfOthers(ceres::Problem* problem, const double* pose_block, Matrix6d* information);

/// The covariance at the optimum of
///   Σ_v s_v ½ Σ_i w_i (M_i − T_i)²  +  ½ Σ |other residuals|²
/// by SandwichCovariance. ceres::Covariance's (JᵀJ)⁻¹ is of no use here: a mask's errors are
/// neither of unit variance nor independent from pixel to pixel, and a view's rows hide the
/// pixels. The other residuals are taken as white, as ceres::Covariance takes them: of unit
/// variance. So to trust masks more or less, weight the silhouettes, not the priors.
///
/// Of any number of poses and other blocks, in a problem as Solve() left it:
///
///   PoseCovariance covariance;
///   if (covariance.Compute({{id, &target, radius}, …}, &rasterizer, &problem)) {
///     double focal[1], both[6 * 1];
///     covariance.GetCovarianceBlockInTangentSpace(intrinsics, intrinsics, focal);
///     covariance.GetCovarianceBlockInTangentSpace(pose, intrinsics, both);
///
/// A pose's tangent is PoseManifold's: ω (rad) in the target frame's axes about the source frame's
/// origin, which v (mesh units) moves (rig_from_world: the rig's axes, the world's origin). If the
/// object is far from there, ω and v depend strongly on each other: CovarianceAbout() the object's
/// centre is the one to read.
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

  /// Of all variable blocks that residuals, over any number of blocks, tie to the silhouettes
  /// given, at their present values: poses, intrinsics, scale, and others that only priors have.
  /// Views, weights, manifolds, which blocks are shared and which constant: as the problem has
  /// them. Results are of the tangents of the blocks' own manifolds. False if a combination of
  /// blocks is determined by nothing, if a pose's rotation is determined by the facets of a round
  /// object alone, or if a residual cannot be evaluated; message() says which.
  ///
  /// CHECKs that all silhouettes that are tied to these are among them, that their losses are null
  /// or a ScaledLoss of nothing, that targets are the problem's (by the gradient), that windows
  /// are equal, and that variable poses have a manifold.
  ///
  /// Dense: memory grows with the tiles times the square of the numbers, time with their cube.
  /// Meant for up to about ten poses.
  bool Compute(const std::vector<ProblemSilhouette>& silhouettes, Rasterizer* rasterizer,
               ceres::Problem* problem);

  /// Why the last Compute returned false, in a sentence.
  const std::string& message() const { return message_; }

  // The following CHECK that the last Compute returned true. Those without a block are of the one
  // pose, where Compute was given one or found no other variable.

  /// Row-major, by the numbers of two blocks (ambient_size1 x ambient_size2): P₁·C·P₂ᵀ with their
  /// manifolds' PlusJacobians. Zeros where one is constant. CHECKs that both were tied to the
  /// silhouettes.
  void GetCovarianceBlock(const double* block1, const double* block2,
                          double* covariance_block) const;
  /// The same of their tangents (tangent_size1 x tangent_size2).
  void GetCovarianceBlockInTangentSpace(const double* block1, const double* block2,
                                        double* covariance_block) const;
  /// 7x7, row-major, by the pose block's numbers: P·C·Pᵀ with PoseManifold's PlusJacobian; rank 6.
  void GetCovarianceBlock(double* covariance_block) const;
  /// 6x6, row-major, of the tangent [ω, v].
  void GetCovarianceBlockInTangentSpace(double* covariance_block) const;

  /// Of [ω, v_p]: v_p = v + ω × (R·p) is the motion in the rig of the point p of the world, in
  /// mesh units. With p the object's centre this is AlignResult::covariance; with p the place of a
  /// camera its lower right block is the covariance of that place, in the rig's axes.
  Matrix6d CovarianceAbout(const Eigen::Vector3d& point_in_world) const;
  /// The same of one of the poses, the point in the frame that it maps from. CHECKs that it is
  /// variable and has a PoseManifold.
  Matrix6d CovarianceAbout(const double* pose_block, const Eigen::Vector3d& point) const;
  /// The roots of its diagonal: three of rotation (rad), three of translation (mesh units), along
  /// the rig's axes.
  Eigen::Matrix<double, 6, 1> SigmasAbout(const Eigen::Vector3d& point_in_world) const;
  Eigen::Matrix<double, 6, 1> SigmasAbout(const double* pose_block,
                                          const Eigen::Vector3d& point) const;

 private:
  // A variable block. A pose's part of about_centers_ is of [ω, v_c], ω about `center`.
  struct Variable {
    const double* block;
    Eigen::Index first;    // −1: it is constant
    Eigen::MatrixXd plus;  // ambient by tangent
    bool is_pose;
    Rigid3d value = Rigid3d();
    Eigen::Vector3d center = Eigen::Vector3d::Zero();

    Eigen::Index tangent_size() const { return plus.cols(); }
    Eigen::MatrixXd TangentFromCenter() const;
  };
  const Variable& Find(const double* block) const;
  const Variable& OnlyPose() const;
  Eigen::MatrixXd TangentCovariance(const Variable& a, const Variable& b) const;

  bool computed_ = false;
  std::string message_ = "Compute was not called";
  std::vector<Variable> variables_;
  Eigen::MatrixXd about_centers_;
};

}  // namespace ceres_align
