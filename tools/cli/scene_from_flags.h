// From the flags of ceres_align to a scene. The flags are a shorthand for scene.json.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/io/scene_io.h"

namespace ceres_align::cli {

/// The values of the flags of the same names; empty (or unset): not given.
struct SceneFlags {
  std::string scene;
  std::string mesh;
  std::string masks;      ///< comma-separated
  std::string mask_path;  ///< the first mask alone, as in the PyTorch3D script
  std::string mask_path_2;
  /// Of one frame of a sequence, a mask for each camera: in the place of --masks or the scene's.
  std::vector<std::string> frame_masks;
  std::optional<double> mesh_scale;
  std::string mesh_unit, mesh_up;
  std::optional<double> mask_threshold;  ///< also with a scene, in the place of its own
  std::optional<double> fov_deg;
  std::optional<std::array<double, 2>> fov_range_deg;
  std::string refine;  ///< comma-separated words of io/refine_text.h
  std::string K;       ///< one for all cameras, or one per camera separated by ';'
  std::string dist;    ///< OpenCV's list or fisheye:k1,k2,k3,k4, one for all cameras or one per
                       ///< camera as K; empty: none
  double pixel_center = 0.5;
  std::string image_size;    ///< "(height,width)"
  std::string R_rel, T_rel;  ///< of cameras 2, 3, … to camera 1, separated by ';'
  std::string rig_convention;
  std::optional<std::string> camera_location;
  std::string camera_rotation;
  std::string camera_translation;
  bool search = false;  ///< without a start, even if the scene has one

  bool HasStart() const {
    return camera_location || !camera_rotation.empty() || !camera_translation.empty();
  }
  /// Neither a scene nor a mesh nor masks: the demo.
  bool IsDemo() const {
    return scene.empty() && mesh.empty() && masks.empty() && mask_path.empty() &&
           mask_path_2.empty() && frame_masks.empty();
  }
};

/// The start of camera 1 from --camera_location, --camera_rotation and --camera_translation:
/// location alone looks at the world's origin; rotation (PyTorch3D's R) with a location has its
/// centre there, with a translation is PyTorch3D's R and T. Empty if none of them is given. Throws
/// InputError for other combinations, and for any of them together with --search.
std::optional<Rigid3d> StartOfCamera1(const SceneFlags& flags);

/// Loads the scene that --scene or --mesh and --masks describe. Its start is that of the flags,
/// else the scene file's; with --search it has none. Throws InputError, also for flags that
/// exclude each other. `masks` (may be null) is as BuildScene takes it.
LoadedScene SceneFromFlags(const SceneFlags& flags, MaskCache* masks = nullptr);

struct LoadedObjects {
  SceneDescription description;  ///< the file
  std::vector<LoadedObject> objects;
};

/// The objects of --scene's file where it has `objects`; else none, and nothing is loaded. --search
/// takes their starts away. Throws InputError as SceneFromFlags does, and for a start or --refine.
LoadedObjects ObjectsFromFlags(const SceneFlags& flags);

/// --refine, which is not empty, in the place of what the scene says of its unknowns; the range of
/// focal lengths stays. Returns whether the masks' offset is to be estimated. Throws InputError.
bool SetUnknowns(const SceneFlags& flags, Scene* scene);

}  // namespace ceres_align::cli
