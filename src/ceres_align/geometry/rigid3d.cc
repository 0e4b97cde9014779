#include "ceres_align/geometry/rigid3d.h"

#include <cmath>

namespace ceres_align {

Rigid3d operator*(const Rigid3d& c_from_b, const Rigid3d& b_from_a) {
  return Rigid3d(c_from_b.rotation * b_from_a.rotation,
                 c_from_b.rotation * b_from_a.translation + c_from_b.translation);
}

Rigid3d Inverse(const Rigid3d& b_from_a) {
  return Rigid3d(b_from_a.rotation.conjugate(), b_from_a.TargetOriginInSource());
}

Eigen::Quaterniond ExpRotation(const Eigen::Vector3d& rotation_vector_rad) {
  const double angle = rotation_vector_rad.norm();
  // sin(a/2)/a to double's last digit: its series up to a² where a⁴/1920 is below 1e-17.
  const double scale = angle > 1e-4 ? std::sin(0.5 * angle) / angle : 0.5 - angle * angle / 48.0;
  const Eigen::Vector3d v = scale * rotation_vector_rad;
  return Eigen::Quaterniond(std::cos(0.5 * angle), v.x(), v.y(), v.z());
}

Eigen::Vector3d LogRotation(const Eigen::Quaterniond& rotation) {
  const Eigen::Vector3d v = rotation.w() < 0 ? Eigen::Vector3d(-rotation.vec()) : rotation.vec();
  const double w = std::abs(rotation.w());
  const double n = v.norm();
  if (n < 1e-12) return 2.0 / w * v;
  return 2.0 * std::atan2(n, w) / n * v;
}

Eigen::Quaterniond RotationBetween(const Eigen::Vector3d& from, const Eigen::Vector3d& to) {
  return Eigen::Quaterniond::FromTwoVectors(from, to);
}

double RotationAngle_rad(const Eigen::Quaterniond& a, const Eigen::Quaterniond& b) {
  const Eigen::Quaterniond d = a.conjugate() * b;
  return 2.0 * std::atan2(d.vec().norm(), std::abs(d.w()));
}

void ToPoseBlock(const Rigid3d& pose, double* block) {
  Eigen::Vector4d::Map(block) = pose.rotation.coeffs();
  Eigen::Vector3d::Map(block + 4) = pose.translation;
}

Rigid3d FromPoseBlock(const double* block) {
  return Rigid3d(Eigen::Quaterniond(block[3], block[0], block[1], block[2]),
                 Eigen::Vector3d(block[4], block[5], block[6]));
}

PoseError ComparePoses(const Rigid3d& estimate, const Rigid3d& truth,
                       const Eigen::Vector3d& object_center_in_world) {
  const Eigen::Vector3d truth_center = truth * object_center_in_world;
  const double moved = (estimate * object_center_in_world - truth_center).norm();
  return {RotationAngle_rad(estimate.rotation, truth.rotation) * 180.0 / M_PI, moved,
          100.0 * moved / truth_center.norm()};
}

}  // namespace ceres_align
