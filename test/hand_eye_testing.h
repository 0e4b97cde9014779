// What the tests of hand-eye calibration share: a generated arm's scene as a problem, with truth.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/synth/robot_files.h"
#include "ceres_align/synth/robot_scene.h"
#include "io_testing.h"

namespace ceres_align::testing {

inline Camera SmallArmCamera() {
  Camera camera = CameraFromFov(320, 240, 50, "camera");
  camera.cx_px += 3.25;
  camera.cy_px -= 1.5;
  return camera;
}

/// The arm's model by way of its files, read once.
struct ArmModel {
  ArmModel() : arm(MakeRobotArm()) {
    const TempFolder folder;
    for (const RobotFile& file : ArmFiles(arm)) WriteFileWhole(folder / file.path, file.bytes);
    model = ReadUrdf(folder / "arm_description/urdf/arm.urdf");
    links = ReadLinkMeshes(model);
  }
  RobotArm arm;
  RobotModel model;
  std::vector<TriangleMesh> links;
};
inline const ArmModel& TheArm() {
  static const ArmModel arm;
  return arm;
}

struct ArmProblem {
  HandEyeProblem problem;
  RobotScene truth;
};

/// Masks by the independent renderer of the arm at states + offsets.
inline ArmProblem MakeArmProblem(int states, bool eye_in_hand, uint64_t seed,
                                 const ArmState& offsets_rad = ArmState::Zero()) {
  const Camera camera = SmallArmCamera();
  const RobotArm& arm = TheArm().arm;
  ArmProblem made;
  made.truth = MakeRobotScene(arm, camera, states, eye_in_hand, seed);
  made.problem.model = TheArm().model;
  made.problem.states.resize(states, kArmJoints);
  HandEyeCamera seen{camera, {}, {}};
  for (int s = 0; s < states; ++s) {
    made.problem.states.row(s) = made.truth.states_rad[s];
    const ArmState at_rad = made.truth.states_rad[s] + offsets_rad;
    seen.masks.push_back(RobotMask(arm, made.truth, at_rad, camera, 1));
  }
  made.problem.cameras.push_back(seen);
  if (eye_in_hand) {
    made.problem.object = HandEyeObject{TheArm().model.FindLink("flange"), made.truth.object,
                                        made.truth.base_from_object};
  } else {
    made.problem.links = TheArm().links;
  }
  return made;
}

}  // namespace ceres_align::testing
