// What of a scene besides the rig's pose is not known exactly.
#pragma once

#include <limits>

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

}  // namespace ceres_align
