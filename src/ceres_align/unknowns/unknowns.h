// What else than the rig's pose may be unknown: scale, focal lengths, principal points, the rig.
#pragma once

#include <array>
#include <limits>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"

namespace ceres_align {

/// Each unknown by the sigma of what is known of it before (a normal prior about the scene's own
/// value): 0: it is known exactly, infinity: nothing is known.
struct UnknownOptions {
  /// Of the logarithm of the factor by which the mesh is larger than given, about its origin.
  double scale_sigma = 0;
  /// Of the logarithm of the factor of fx and fy, one for each camera model.
  double focal_sigma = 0;
  /// Of cx and of cy, px, for each camera model.
  double principal_point_sigma_px = 0;
  /// Of cam_from_rig of every camera but the first: of each component of the rotation (rad) and of
  /// the translation (of the distance between the camera and the first one).
  double rig_rotation_sigma_rad = 0, rig_translation_sigma = 0;
  /// Without a start: the factors of the given focal lengths that are searched; both 1: only those.
  double least_focal_factor = 1, most_focal_factor = 1;

  static constexpr double kFree = std::numeric_limits<double>::infinity();
  bool HasRig() const { return rig_rotation_sigma_rad > 0 || rig_translation_sigma > 0; }
  bool HasIntrinsics() const { return focal_sigma > 0 || principal_point_sigma_px > 0; }
  bool any() const { return scale_sigma > 0 || HasIntrinsics() || HasRig(); }
  /// Throws InputError naming the field.
  void Validate() const;
};

/// Which views share what.
struct SharedCameras {
  /// By view: its camera model (size, intrinsics, lens); equal ones are one and share the unknowns.
  std::vector<int> model;
  /// By view: its place on the rig (model and cam_from_rig); the first view's is 0.
  std::vector<int> place;
  /// By model, by place: the first view that has it.
  std::vector<size_t> view_of_model, view_of_place;

  explicit SharedCameras(const Scene& scene);
};

/// Values of the unknowns; those that are known are the scene's.
struct UnknownValues {
  std::vector<std::array<double, 4>> intrinsics;  ///< by model: fx, fy, cx, cy, px
  std::vector<Rigid3d> cam_from_rig;              ///< by place
  double log_scale = 0;

  UnknownValues() = default;
  UnknownValues(const Scene& scene, const SharedCameras& shared);
};

/// The scene with the values in the place of its own. The meshes are scaled copies where log_scale
/// is not 0.
Scene WithValues(const Scene& scene, const SharedCameras& shared, const UnknownValues& values);

}  // namespace ceres_align
