// hand_eye's files: robot, states, masks, cameras.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/hand_eye/hand_eye_scene.h"

namespace ceres_align::cli {

/// The values of the flags of the same names; empty: not given.
struct HandEyeFlags {
  std::string urdf, joints, geometry, packages, package_roots, links;
  std::string masks, camera, K;
  int width = 0, height = 0;
  double pixel_center = 0;
  double mask_threshold = 0;
  bool eye_in_hand = false;
  std::string flange, object, base_from_object;
  std::string stereo_masks, stereo_camera, stereo_cam_from_cam;
  std::string start;
};

struct HandEyeInput {
  HandEyeProblem problem;
  std::vector<std::string> mask_files;  ///< of the scene's views, in their order
  std::string parent;                   ///< the link whose frame the answer is in
  std::optional<Rigid3d> start;         ///< rig_from_world
  std::vector<std::string> warnings;
};

/// Reads all of it. Throws InputError.
HandEyeInput ReadHandEye(const HandEyeFlags& flags);

}  // namespace ceres_align::cli
