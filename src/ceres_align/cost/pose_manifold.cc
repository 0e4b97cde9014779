#include "ceres_align/cost/pose_manifold.h"

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {
namespace {

using Matrix76 = Eigen::Matrix<double, 7, 6, Eigen::RowMajor>;
using Matrix67 = Eigen::Matrix<double, 6, 7, Eigen::RowMajor>;

// ∂q'/∂ω of q' = exp(ω)·q at ω = 0: ½ (ω, 0)·q. Rows x, y, z, w.
Eigen::Matrix<double, 4, 3> QuaternionPlusJacobian(const double* q) {
  Eigen::Matrix<double, 4, 3> J;
  J << q[3], q[2], -q[1], -q[2], q[3], q[0], q[1], -q[0], q[3], -q[0], -q[1], -q[2];
  return 0.5 * J;
}

}  // namespace

bool PoseManifold::Plus(const double* x, const double* delta, double* x_plus_delta) const {
  const Eigen::Map<const Eigen::Quaterniond> q(x);
  const Eigen::Quaterniond turned =
      (ExpRotation(Eigen::Vector3d::Map(delta)) * Eigen::Quaterniond(q)).normalized();
  Eigen::Vector4d::Map(x_plus_delta) = turned.coeffs();
  Eigen::Vector3d::Map(x_plus_delta + 4) =
      Eigen::Vector3d::Map(x + 4) + Eigen::Vector3d::Map(delta + 3);
  return true;
}

bool PoseManifold::PlusJacobian(const double* x, double* jacobian) const {
  Eigen::Map<Matrix76> J(jacobian);
  J.setZero();
  J.topLeftCorner<4, 3>() = QuaternionPlusJacobian(x);
  J.bottomRightCorner<3, 3>().setIdentity();
  return true;
}

bool PoseManifold::Minus(const double* y, const double* x, double* y_minus_x) const {
  const Eigen::Quaterniond qy(y[3], y[0], y[1], y[2]), qx(x[3], x[0], x[1], x[2]);
  Eigen::Vector3d::Map(y_minus_x) = LogRotation(qy * qx.conjugate());
  Eigen::Vector3d::Map(y_minus_x + 3) = Eigen::Vector3d::Map(y + 4) - Eigen::Vector3d::Map(x + 4);
  return true;
}

bool PoseManifold::MinusJacobian(const double* x, double* jacobian) const {
  Eigen::Map<Matrix67> J(jacobian);
  J.setZero();
  // The columns of QuaternionPlusJacobian are orthogonal with norm ½.
  J.topLeftCorner<3, 4>() = 4.0 * QuaternionPlusJacobian(x).transpose();
  J.bottomRightCorner<3, 3>().setIdentity();
  return true;
}

}  // namespace ceres_align
