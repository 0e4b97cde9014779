// What is known of the pose beforehand.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <optional>
#include <string>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// Bounds, each of them optional, on where the pose can be. A search looks only there, and an
/// answer outside is not usable; what the masks say of a pose inside is not weighted.
struct PosePrior {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  /// A ball around Scene::initial_rig_from_world (needs one): the rotation from it (rad), and the
  /// shift of the object's centre as a fraction of its distance from the first view's camera.
  double max_rotation_rad = kNone, max_shift = kNone;
  /// Of the object's centre from the first view's camera, mesh units.
  double min_distance = 0, max_distance = kNone;
  /// The world's direction `up_in_world` points along `up_in_cam` of the first view's camera (−y is
  /// up in the image) to within max_tilt_rad. Of any length but zero.
  double max_tilt_rad = kNone;
  Eigen::Vector3d up_in_world = Eigen::Vector3d::UnitY();
  Eigen::Vector3d up_in_cam = -Eigen::Vector3d::UnitY();

  bool Any() const { return BoundsRotation() || BoundsPlace(); }
  bool BoundsRotation() const { return max_rotation_rad < kNone || max_tilt_rad < kNone; }
  bool BoundsPlace() const { return max_shift < kNone || min_distance > 0 || max_distance < kNone; }
  bool NeedsStart() const { return max_rotation_rad < kNone || max_shift < kNone; }
  /// Throws InputError naming the field.
  void Validate() const;
};

/// A prior of one scene. Poses are rig_from_run (PreparedScene): the object's centre is the origin.
class PriorTest {
 public:
  /// Throws InputError if the prior needs a start and there is none.
  PriorTest(const PosePrior& prior, const std::optional<Rigid3d>& start_from_run,
            const Rigid3d& first_cam_from_rig);

  bool any() const { return prior_.Any(); }
  const PosePrior& prior() const { return prior_; }
  /// Inside, or outside by at most `slack_rad` and a fraction `slack` of the distance.
  bool Allows(const Rigid3d& rig_from_run, double slack_rad = 0, double slack = 0) const {
    return AllowsRotation(rig_from_run.rotation, slack_rad) && AllowsPlace(rig_from_run, slack);
  }
  bool AllowsRotation(const Eigen::Quaterniond& rig_from_run, double slack_rad) const;
  /// How a pose breaks the prior, in one sentence; empty where it does not.
  std::string Broken(const Rigid3d& rig_from_run) const;

 private:
  bool AllowsPlace(const Rigid3d& rig_from_run, double slack) const;
  double Distance(const Rigid3d& rig_from_run) const;
  double Tilt_rad(const Eigen::Quaterniond& rig_from_run) const;
  double Shift(const Rigid3d& rig_from_run) const;

  PosePrior prior_;
  std::optional<Rigid3d> start_;
  Rigid3d first_cam_from_rig_;
};

}  // namespace ceres_align
