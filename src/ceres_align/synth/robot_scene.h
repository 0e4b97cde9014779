// States of the generated arm and a camera, fixed beside it (eye to hand) or on its flange (eye in
// hand), with masks by the independent renderer.
#pragma once

#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/synth/robot_arm.h"

namespace ceres_align {

struct RobotScene {
  bool eye_in_hand = false;
  std::vector<ArmState> states_rad;
  /// Eye to hand: base_from_cam. Eye in hand: flange_from_cam.
  Rigid3d mount_from_cam;
  /// Eye in hand: what is seen, about 0.25 m large, on the table before the arm. Else no faces.
  TriangleMesh object;
  Rigid3d base_from_object;
};

/// Seeded. Eye to hand: in every state all of the arm is in the frame, nothing but the base comes
/// near the floor z = 0; the camera is 1.4 to 1.8 m away. Eye in hand: all of the object is in the
/// frame, 0.35 to 0.75 m away, and the arm hides nothing of it. `camera` as it will be; CHECKs that
/// states are found: its field of view must be about 35 degrees at least.
RobotScene MakeRobotScene(const RobotArm& arm, const Camera& camera, int num_states,
                          bool eye_in_hand, uint64_t seed);

/// What the camera sees of the arm (of the object, eye in hand) when the arm's joints are at
/// `positions_rad`; samples as in RenderMask.
ImageF RobotMask(const RobotArm& arm, const RobotScene& scene, const ArmState& positions_rad,
                 const Camera& camera, int samples_per_axis);

}  // namespace ceres_align
