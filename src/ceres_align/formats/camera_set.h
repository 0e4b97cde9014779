// What every camera format says, in one form: cameras with their poses in one frame, read from or
// written to files of other tools. The readers convert to our conventions (io/conventions.h has all
// of them); what a reader had to assume it says in words.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// One picture's camera.
struct CalibratedCamera {
  std::string name;            ///< unique in its set, safe in file names
  Camera camera;               ///< our pixel rule: the first pixel's centre at (0.5, 0.5)
  Rigid3d cam_from_reference;  ///< OpenCV axes, x_cam = R·x + t
  std::string image;           ///< path of the photograph as the file has it; empty: none
  std::string mask;            ///< path of the mask; empty: none
};

/// Cameras whose poses are known relative to each other. The reference frame is the file's own
/// (COLMAP's world, the first camera of stereoCalibrate); it becomes the rig's frame of a scene.
struct CameraSet {
  std::vector<CalibratedCamera> cameras;
  bool has_poses = true;       ///< false: intrinsics alone (camera_info); poses are the identity
  bool has_intrinsics = true;  ///< false: poses alone (4x4 matrices); cameras are empty
  /// The object's pose in the reference frame where the file has one (BOP's scene_gt).
  std::optional<Rigid3d> reference_from_object;
  /// Conventions that were taken, one sentence each ("principal point counted from the first
  /// pixel's centre: half a pixel added"). Programs print them.
  std::vector<std::string> conventions;
};

}  // namespace ceres_align
