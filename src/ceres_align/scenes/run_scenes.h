// Many scenes, side by side.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/objects/align_objects.h"
#include "ceres_align/scenes/mesh_store.h"
#include "ceres_align/scenes/scene_list.h"

namespace ceres_align {

/// What came of one scene.
struct SceneOutcome {
  const ListedScene* listed = nullptr;
  std::string error;  ///< why it could not be aligned (InputError's message); empty: it was
  Scene scene;        ///< with the unknowns that were found, and without its occluders
  PreparedMeshes meshes;
  AlignResult result;
  /// Of a scene of several objects; `scene`, `meshes`, `result` and `iterations` are empty then.
  std::optional<ObjectsResult> objects;
  std::vector<std::string> warnings;  ///< of an object: "NAME: …"
  std::vector<std::vector<std::string>> warnings_of;  ///< of each object, without its name
  std::vector<AlignIteration> iterations;             ///< only where asked for
  double load_seconds = 0, total_seconds = 0;
};

struct SceneRunOptions {
  AlignOptions align;
  bool ignore_starts = false;    ///< search all rotations, whatever a scene says
  bool keep_iterations = false;  ///< SceneOutcome::iterations (for animations)
};

/// Aligns each scene, as many side by side as there are rasterizers (which may be the same one, if
/// that serves several threads), in the list's order as threads get free. `done` is called on the
/// scenes' threads, several at a time. Once `stop` says true (it is asked at every step, from any
/// thread), no scene is begun, and those under way are given up without `done`. What `done` throws
/// ends the run the same way and is thrown again here. The outcome of a scene does not depend on
/// the others, nor on the number of threads.
void RunScenes(const std::vector<ListedScene>& scenes, const std::vector<Rasterizer*>& rasterizers,
               MeshStore* meshes, const SceneRunOptions& options,
               const std::function<void(const SceneOutcome&)>& done,
               const std::function<bool()>& stop);

}  // namespace ceres_align
