// What else than the rig's pose may be unknown: scale, focal lengths, principal points, the rig.
#pragma once

#include <array>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/geometry/unknown_options.h"

namespace ceres_align {

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
