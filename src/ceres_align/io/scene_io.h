// The scene file (scene.json) and the checks it shares with the command line's flags.
//
//   { "mesh": "rooster.obj",
//     "views": [ { "name": "left", "mask": "left.png", "ignore": "left_ignore.png",
//                  "image": "left.jpg",
//                  "width": 306, "height": 256, "pixel_center": 0.5,
//                  "K": [[fx, 0, cx], [0, fy, cy], [0, 0, 1]], "dist": [k1, k2, p1, p2, k3],
//                  "cam_from_rig": {"R": [[…], […], […]], "t": [x, y, z]},
//                  "mesh": "other.ply", "world_from_object": {"R": …, "t": …} }, … ],
//     "occluders": [ { "mesh": "stand.stl", "rig_from_occluder": {"R": …, "t": …} }, … ],
//     "refine": ["focal=10", "scale", …], "fov_range_deg": [20, 70], "mask_threshold": 0.5,
//     "initial": {"rig_from_world": {"R": …, "t": …}},
//     "truth":   {"rig_from_world": {"R": …, "t": …}} }
//
// A mesh may be several at known relative poses, which become one: "mesh": [{"mesh": "a.obj",
// "object_from_mesh": {"R": …, "t": …}}, …]. A mask may be a label's pixels: "frame.png:3"
// (mask_labels.h), or an annotation of COCO's JSON (coco_masks.h).
//
// Beside each "mesh" may stand "mesh_unit": "mm" (cm, m, in, ft) or "mesh_scale": 0.001, and
// "mesh_up": "z" (MeshFrame). The scene's hold for all its mesh files, a list's or view's for those
// in it, unless they have their own.
//
// Several objects, each with a pose of its own, in the same images (then the scene and its views
// have no mesh, start, truth, refine, fov_range_deg or world_from_object; a view's mask is needed
// only for labels):
//
//     "objects": [ { "name": "mug", "mesh": "mug.obj", "label": 3, "initial": …, "truth": … },
//                  { "name": "box", "mesh": "box.obj", "masks": {"left": "box_l.png", …} }, … ]
//
// In the place of "views", where the same cameras saw the object several times (a robot in several
// states, a turntable): one view for each mask, named frame_camera.
//
//     "cameras": [ { "name": "left", "width": …, "height": …, "K": …, "cam_from_rig": … }, … ],
//     "frames":  [ { "name": "a", "masks": {"left": "a_l.png", …}, "ignore": {"left": …},
//                    "images": {"left": …}, "mesh": "state_a.ply",
//                    "world_from_object": {"R": …, "t": …} }, … ],
//
// A fisheye camera has "fisheye": [k1, k2, k3, k4] in the place of "dist".
// OpenCV axes, column vectors: x_cam = cam_from_rig · rig_from_world · world_from_object · X.
// Required: mask, width, height, K, a mesh (the scene's or the view's own), and cam_from_rig of
// every view but the first (identity by default). Paths are relative to the scene file. K and R
// may also be flat lists of nine numbers, rows in order. Unknown or repeated keys are errors.
#pragma once

#include <Eigen/Core>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"

namespace ceres_align {

/// One of several meshes that are one object.
struct MeshPart {
  std::string mesh;                         ///< path
  std::optional<Rigid3d> object_from_mesh;  ///< absent: identity
  MeshFrame frame = {};                     ///< of the file, before object_from_mesh
};

/// A view as the file (or the flags) describe it; nothing is loaded yet.
struct ViewDescription {
  std::string name;    ///< empty: "view0", "view1", … by position
  std::string mask;    ///< path; empty: not looked at when aligning, only rendered
  std::string ignore;  ///< path; empty: none. Nonzero pixels get weight 0.
  int width_px = 0;
  int height_px = 0;
  double pixel_center = 0.5;  ///< where the first pixel's centre lies in K: 0 or 0.5
  Eigen::Matrix3d K = Eigen::Matrix3d::Identity();
  std::vector<double> dist;                  ///< OpenCV's k1,k2,p1,p2[,k3[,k4,k5,k6]]; empty: none
  bool is_fisheye = false;                   ///< `dist` is cv::fisheye's k1,k2,k3,k4 instead
  std::optional<Rigid3d> cam_from_rig;       ///< absent: identity, allowed for the first view
  std::string mesh;                          ///< path; empty: the scene's
  std::optional<Rigid3d> world_from_object;  ///< absent: identity
  std::vector<MeshPart> mesh_parts;          ///< in the place of `mesh`
  MeshFrame mesh_frame = {};                 ///< of the file `mesh`
  std::string image = {};                    ///< path of the photograph, for pictures; empty: none
  bool has_mesh() const { return !mesh.empty() || !mesh_parts.empty(); }
};

/// A mesh at a known place that hides the object.
struct OccluderDescription {
  std::string mesh;                          ///< path
  std::optional<Rigid3d> rig_from_occluder;  ///< absent: identity
  MeshFrame mesh_frame = {};
};

/// One of several objects in the same images.
struct ObjectDescription {
  std::string name;                  ///< unique, safe in file names
  std::string mesh;                  ///< path; or
  std::vector<MeshPart> mesh_parts;  ///< these
  std::string label;  ///< in the views' masks: "3", "2+5", "#ff8000", "mug" (COCO); or
  std::map<std::string, std::string> masks;  ///< paths by views' names; it lacks the others
  std::optional<Rigid3d> initial_rig_from_world, true_rig_from_world;
  MeshFrame mesh_frame = {};  ///< of the file `mesh`
};

struct SceneDescription {
  std::string mesh;  ///< path; may be empty if every view has its own
  std::vector<ViewDescription> views;
  std::vector<OccluderDescription> occluders;
  std::vector<std::string> refine;  ///< words of refine_text.h
  /// Least and most field of view over the shorter side, degrees: the focal length is unknown in
  /// between, whatever K says (views may leave K out).
  std::optional<std::array<double, 2>> fov_range_deg;
  std::optional<double> mask_threshold;  ///< in (0, 1]: masks are 1 from here on, else 0
  std::optional<Rigid3d> initial_rig_from_world;
  std::optional<Rigid3d> true_rig_from_world;
  std::vector<MeshPart> mesh_parts;        ///< in the place of `mesh`
  std::vector<ObjectDescription> objects;  ///< empty: one, which is the scene's
  MeshFrame mesh_frame =
      {};  ///< of the file `mesh`; in a scene file also what others have by default
  bool has_mesh() const { return !mesh.empty() || !mesh_parts.empty(); }
};

struct LoadedScene {
  Scene scene;
  bool estimate_offset = false;       ///< "offset" is among `refine`
  SceneDescription description;       ///< names filled in; of views without a mask too
  std::vector<std::string> warnings;  ///< of meshes and masks; one line each
};

/// Whether a description without any mask is one: nothing is to be aligned then.
enum class Masks { kOneAtLeast, kNotNeeded };

/// Parses and checks the file; loads no mesh and no mask. Throws InputError: JSON errors with
/// line and column, others with the key ("s.json: views[0].K is missing").
SceneDescription ReadSceneDescription(const std::filesystem::path& path,
                                      Masks masks = Masks::kOneAtLeast);
/// The same of a file's text; `name` begins the messages.
SceneDescription ParseSceneDescription(const std::string& text, const std::string& name,
                                       Masks masks = Masks::kOneAtLeast);

/// Everything that can be checked without opening a file: sizes, K, dist, names (unique, safe in
/// file names), poses, required parts. Fills in default names. `where` begins the messages (the
/// scene file's name; for flags, say, "ceres_align"). At least one view needs a mask, unless
/// nothing is to be aligned. Throws InputError.
void CheckSceneDescription(SceneDescription* description, std::string_view where,
                           Masks masks = Masks::kOneAtLeast);

/// The camera of a view, in our pixel rule, with its lens. Throws InputError.
Camera CameraOf(const ViewDescription& view, std::string_view place);

/// Where the meshes of scenes come from, for who aligns more than one scene of a mesh.
class MeshSource {
 public:
  struct Mesh {
    std::shared_ptr<const TriangleMesh> mesh;
    std::vector<std::string> warnings;  ///< as LoadedMesh has them
  };
  virtual ~MeshSource() = default;
  /// As LoadMesh.
  virtual Mesh Load(const std::filesystem::path& path, const MeshFrame& frame) = 0;
};

/// Checks, then loads meshes (each file once) and masks. Lens distortion becomes the camera's
/// lens; masks stay as they are. Relative paths start at `folder`. Throws InputError also for masks
/// of another size than the camera, for distortion that folds over inside the image, and if all
/// masks together have less than kMinForeground_px; and for a description of several objects.
/// `meshes` (may be null) is asked for every mesh that is a file of its own; `masks` is as LoadMask
/// takes it, without it the scene has one of its own.
LoadedScene BuildScene(const SceneDescription& description, const std::filesystem::path& folder,
                       std::string_view where, MeshSource* meshes = nullptr,
                       MaskCache* masks = nullptr);

/// The parts of a mesh put together, by paths that start at `folder`; `place` begins the messages
/// about their poses. Throws InputError.
LoadedMesh LoadMergedMesh(const std::vector<MeshPart>& parts, const std::filesystem::path& folder,
                          const std::string& place);
/// Its name in Scene::mesh_names: "a.obj + b.obj".
std::string MergedMeshName(const std::vector<MeshPart>& parts);

/// One of a scene's objects.
struct LoadedObject {
  std::string name;
  LoadedScene loaded;
};

/// One of a description's objects as a scene of its own: its mesh and its masks in the views that
/// it has. `description` is checked, objects[index] there.
SceneDescription SceneOfObject(const SceneDescription& description, size_t index);

/// BuildScene for each of the description's objects, of which there is at least one, with the same
/// `meshes` and `masks`. Throws InputError also where two objects have the same mask.
std::vector<LoadedObject> BuildObjects(const SceneDescription& description,
                                       const std::filesystem::path& folder, std::string_view where,
                                       MeshSource* meshes = nullptr, MaskCache* masks = nullptr);

/// The camera whose focal length is the geometric mean of those of a range of fields of view (over
/// the shorter side). Throws InputError unless 0 < least < most < 180.
Camera MiddleCamera(int width_px, int height_px, const std::array<double, 2>& fov_range_deg,
                    std::string_view where);

/// ReadSceneDescription + BuildScene.
LoadedScene LoadScene(const std::filesystem::path& path);

/// Writes a scene file, whole or not at all; poses and K read back to 1e-15. Empty optional parts
/// are left out. Paths are written as they are. Throws InputError.
void SaveScene(const std::filesystem::path& path, const SceneDescription& description);

}  // namespace ceres_align
