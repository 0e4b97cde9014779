// One alignment problem: meshes, the views of a rig with their masks, and what is known of the
// pose. x_in_cam = cam_from_rig * rig_from_world * world_from_object * X.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/geometry/unknown_options.h"

namespace ceres_align {

/// One camera of the rig and what it saw.
struct View {
  std::string name;           ///< unique in its scene; used in file names
  Camera camera;              ///< with the lens through which the mask was seen
  ImageF mask;                ///< object's coverage in [0, 1], camera.width_px x height_px
  ImageF weight;              ///< weight of each pixel's squared residual; empty: 1 everywhere
  Rigid3d cam_from_rig;       ///< constant
  int mesh_index = 0;         ///< into Scene::meshes (an articulated object baked per view)
  Rigid3d world_from_object;  ///< constant (a turntable's or a robot's motion)
};

/// A thing at a known place that hides the object, say a robot's stand or a turntable's plate.
struct Occluder {
  int mesh_index = 0;         ///< into Scene::meshes
  Rigid3d rig_from_occluder;  ///< constant
};

struct Scene {
  std::vector<std::shared_ptr<const TriangleMesh>> meshes;  ///< cleaned (CleanMesh)
  std::vector<std::string> mesh_names;                      ///< as given; for reports
  std::vector<View> views;
  /// Pixels that one of them covers, wholly or in part, do not count (HideBehindOccluders).
  std::vector<Occluder> occluders;
  UnknownOptions unknowns;                        ///< for AlignUnknowns; Align takes none
  std::optional<Rigid3d> initial_rig_from_world;  ///< absent: to be searched for
  std::optional<Rigid3d> true_rig_from_world;     ///< present: errors are reported
};

}  // namespace ceres_align
