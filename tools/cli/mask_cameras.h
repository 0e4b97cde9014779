// The cameras and poses of make_masks, from its flags' values.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/synth/random.h"

namespace ceres_align::cli {

struct CameraFlags {
  std::string image_size;  ///< "306x256" (width x height) or "(256,306)" (height, width)
  double fov_deg = 60;
  std::string K;                ///< empty: fov_deg
  std::string camera_location;  ///< with look_at; used if the next three are empty
  std::string look_at;
  std::string dist;                ///< OpenCV's list or fisheye:k1,k2,k3,k4; empty: none
  std::string camera_rotation;     ///< PyTorch3D's R
  std::string camera_translation;  ///< PyTorch3D's T
  std::string cam_from_world;      ///< OpenCV's [R | t], 12 numbers in rows
  int num_views = 1;
  double rig_angle_deg = 30;
  std::string R_rel, T_rel;  ///< separated by ';' for cameras 2, 3, …
  std::string rig_convention;
};

/// The camera, the same for all views. Throws InputError naming the flag; so do the others.
Camera ParseCamera(const CameraFlags& flags);

/// Camera 1 (the rig's frame) from the world.
Rigid3d ParseCamera1FromWorld(const CameraFlags& flags);

/// A random pose of camera 1: any rotation, the object's bounding sphere spans `fill` of the
/// shorter side, its centre within 4 % of that side of the image's middle.
Rigid3d RandomCamera1FromWorld(const Sphere& object, const Camera& camera, double fill,
                               Random* random);
/// The depth of the object's centre there.
double DepthForFill(const Sphere& object, const Camera& camera, double fill);

/// cam_from_rig of every view; the first is the identity. From R_rel and T_rel if given; else
/// camera k is camera 1 turned by k·rig_angle about `axis_in_cam1` through `center_in_cam1`.
std::vector<Rigid3d> ParseRig(const CameraFlags& flags, const Eigen::Vector3d& center_in_cam1,
                              const Eigen::Vector3d& axis_in_cam1);

/// A pose off by exactly `rotation_deg` (about the object's centre, random axis) and by
/// `translation_percent` of the centre's distance (random direction).
Rigid3d Perturb(const Rigid3d& cam_from_world, const Eigen::Vector3d& center_in_world,
                double rotation_deg, double translation_percent, Random* random);

}  // namespace ceres_align::cli
