// Where the object will be in the next frame, from where it was in the last ones.
#pragma once

#include <optional>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// Constant velocity of the object in the rig's frame: a rotation per frame about its centre, and a
/// shift of that centre per frame. A rig that moves around an object that stands is the same thing.
class Motion {
 public:
  /// `object_center_in_world`: the point about which the object turns, mesh units.
  explicit Motion(const Eigen::Vector3d& object_center_in_world)
      : center_in_world_(object_center_in_world) {}

  /// The pose that was found in a frame; the motion is that since the last one that was added.
  void Add(int frame, const Rigid3d& rig_from_world);
  /// The same where nothing is said about the motion since: the object was lost in between.
  void Jump(int frame, const Rigid3d& rig_from_world);

  /// The last pose; nothing before the first.
  const std::optional<Rigid3d>& last() const { return last_; }
  int last_frame() const { return last_frame_; }
  /// last() moved on to `frame` with the motion; last() itself while there is none.
  Rigid3d At(int frame) const;
  bool moves() const { return moves_; }

 private:
  const Eigen::Vector3d center_in_world_;
  std::optional<Rigid3d> last_;
  int last_frame_ = 0;
  bool moves_ = false;
  Eigen::Vector3d rotation_rad_ = Eigen::Vector3d::Zero();  // per frame, axes of the rig
  Eigen::Vector3d shift_ = Eigen::Vector3d::Zero();         // of the centre, per frame
};

}  // namespace ceres_align
