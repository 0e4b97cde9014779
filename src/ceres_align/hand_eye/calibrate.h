// A whole hand-eye calibration: the pose, and what the masks say of the joints.
#pragma once

#include <optional>
#include <string>

#include "ceres_align/align/align_options.h"
#include "ceres_align/hand_eye/align_states.h"
#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/hand_eye/joint_offsets.h"

namespace ceres_align {

struct HandEyeOptions {
  AlignOptions align;
  bool check_joints = true;  ///< which joints seem to stand off is a check of the result
  /// All joints' offsets are solved for, and the robot is posed with them and aligned once more.
  bool joint_offsets = false;
};

struct HandEyeResult {
  Scene scene;  ///< MakeHandEyeScene of the problem, with the offsets where they were taken
  PreparedMeshes meshes;
  AlignResult align;
  /// Where joints were looked at: the pose was about right and not stopped, and a joint can move.
  std::optional<JointOffsets> offsets;
  bool offsets_taken = false;  ///< the pose is that with the offsets (TakeOffsets)
  int first_step = 0;          ///< of the callback's calls: that of the alignment `align` is of
  double joints_seconds = 0;   ///< all after the first alignment
};

/// AlignStates of MakeHandEyeScene(problem), from the start if there is one; then, where the pose
/// is about right, the joints (EstimateJointOffsets). Throws InputError as these do.
HandEyeResult CalibrateHandEye(const HandEyeProblem& problem,
                               const std::optional<Rigid3d>& start_rig_from_world,
                               Rasterizer* rasterizer, const HandEyeOptions& options,
                               const AlignCallback& callback = {});

/// The first state with a joint beyond its limits, "state 3: joint …"; empty: none has.
std::string FirstStateBeyondLimits(const HandEyeProblem& problem);

}  // namespace ceres_align
