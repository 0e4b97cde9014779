// The maps that ceres_align --render and render_scene write: all cameras of a scene.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/maps/camera_maps.h"
#include "ceres_align/report/output_files.h"

namespace ceres_align::cli {

/// A camera to draw from; no mask is needed.
struct RenderView {
  std::string name;
  Camera camera;
  Rigid3d cam_from_rig;
  Rigid3d world_from_object;
  int mesh_index = 0;  ///< into RenderScene::meshes
};
/// One of several objects, at its pose.
struct RenderObject {
  std::string name;
  std::shared_ptr<const TriangleMesh> mesh;
  Rigid3d rig_from_object;
};
struct RenderScene {
  std::vector<std::shared_ptr<const TriangleMesh>> meshes;
  std::vector<RenderView> views;
  Rigid3d rig_from_world;
  /// Not empty: every view sees these, in the place of meshes; the world is the rig.
  std::vector<RenderObject> objects;
};

/// What was solved, with the cameras of its description that have no mask: those see meshes that
/// other views see too, or InputError is thrown.
RenderScene SolvedToRender(const Scene& scene, const SceneDescription& description,
                           const Rigid3d& rig_from_world, std::string_view where);
/// All cameras of a description; nothing but meshes is loaded. Of several objects every one is at
/// its pose in `rig_from_object`, which is else empty.
RenderScene SceneToRender(const SceneDescription& description, const std::string& folder,
                          std::string_view where, const std::vector<Rigid3d>& rig_from_object);
/// All cameras of a description of several objects, without these.
RenderScene ViewsToRender(const SceneDescription& description, std::string_view where);

struct RenderSettings {
  MapOptions maps;
  double size = 1;           ///< factor of each camera's size
  bool through_lens = true;  ///< false: as the same camera without its lens would see it
  std::string photos;        ///< folder with NAME.jpg (or .png, …) of every camera; empty: none
};

/// Throws InputError for a factor that is not positive or makes an image too large, and for a
/// camera without a photograph in the folder.
void CheckRender(const RenderScene& scene, const RenderSettings& settings);

/// Draws camera by camera and gives every file to `stage`, maps.json last; `progress` (may be
/// empty) is told after each camera how many are done.
void RenderMaps(const RenderScene& scene, const RenderSettings& settings, Rasterizer* rasterizer,
                const std::function<void(const OutputFile&)>& stage,
                const std::function<void(size_t, size_t)>& progress);

}  // namespace ceres_align::cli
