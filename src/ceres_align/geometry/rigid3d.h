// Rigid transformations. `target_from_source` maps points: x_in_target = R * x_in_source + t.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>

namespace ceres_align {

/// A rigid transformation with a unit quaternion. Unit of translation: the mesh's.
struct Rigid3d {
  Eigen::Quaterniond rotation = Eigen::Quaterniond::Identity();
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();

  Rigid3d() = default;
  Rigid3d(const Eigen::Quaterniond& rotation_in, const Eigen::Vector3d& translation_in)
      : rotation(rotation_in.normalized()), translation(translation_in) {}
  Rigid3d(const Eigen::Matrix3d& rotation_in, const Eigen::Vector3d& translation_in)
      : rotation(Eigen::Quaterniond(rotation_in).normalized()), translation(translation_in) {}

  Eigen::Matrix3d R() const { return rotation.toRotationMatrix(); }
  Eigen::Vector3d operator*(const Eigen::Vector3d& point) const {
    return rotation * point + translation;
  }
  /// The source frame's position of the target frame's origin: for cam_from_world, the camera's
  /// centre in the world, −Rᵀ·t.
  Eigen::Vector3d TargetOriginInSource() const { return -(rotation.conjugate() * translation); }
};

/// c_from_a = c_from_b * b_from_a.
Rigid3d operator*(const Rigid3d& c_from_b, const Rigid3d& b_from_a);
Rigid3d Inverse(const Rigid3d& b_from_a);

/// exp of a rotation vector (axis times angle, rad).
Eigen::Quaterniond ExpRotation(const Eigen::Vector3d& rotation_vector_rad);
/// The rotation vector of a unit quaternion, angle in [0, π] (rad).
Eigen::Vector3d LogRotation(const Eigen::Quaterniond& rotation);
/// The smallest rotation that turns the direction `from` into `to` (any lengths but 0); about any
/// axis at right angles where they are opposite. Eigen's FromTwoVectors, compiled once.
Eigen::Quaterniond RotationBetween(const Eigen::Vector3d& from, const Eigen::Vector3d& to);
/// Angle of the rotation between a and b, in [0, π] (rad); accurate near 0 and near π.
double RotationAngle_rad(const Eigen::Quaterniond& a, const Eigen::Quaterniond& b);

/// The Ceres parameter block [qx, qy, qz, qw, tx, ty, tz].
constexpr int kPoseBlockSize = 7;
void ToPoseBlock(const Rigid3d& pose, double* block);
Rigid3d FromPoseBlock(const double* block);

/// How far an estimate lies from the truth; both are camera (or rig) from world.
struct PoseError {
  double rotation_deg;
  double translation;          ///< distance between the two positions of the object's centre
  double translation_percent;  ///< of the true distance from the camera to the object's centre
};
/// `object_center_in_world` is the point whose position in the camera is compared, so that the
/// figure does not depend on where the world's origin lies: 100·|Δ(pose·center)| / |truth·center|.
PoseError ComparePoses(const Rigid3d& estimate, const Rigid3d& truth,
                       const Eigen::Vector3d& object_center_in_world);

}  // namespace ceres_align
