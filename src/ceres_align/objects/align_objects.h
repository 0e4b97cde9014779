// Several objects in the same images, each with masks and a pose of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"

namespace ceres_align {

/// One of them. Its scene is as for Align: its own world, masks, start, truth; no unknowns. Views
/// of the same name are the same image, of the same camera: an object may lack some.
struct SceneObject {
  std::string name;  ///< unique
  Scene scene;
  PreparedMeshes meshes = {};  ///< PrepareMeshes(scene) of before; empty: they are prepared here
};

struct ObjectResult {
  std::string name;
  /// As it was aligned last: weight 0 at pixels where another object is or may be in front, and
  /// where occluders are. Align(scene) gives `align`.
  Scene scene;
  PreparedMeshes meshes;
  AlignResult align;
};

struct ObjectsResult {
  std::vector<ObjectResult> objects;  ///< as given
  int rounds = 0;                     ///< of alignments, until nothing changed; at most kMostRounds
  static constexpr int kMostRounds = 3;
  bool AllUsable() const;
};

/// By the name of the object that is aligned.
using ObjectsCallback = std::function<bool(const std::string& object, const AlignIteration& step)>;

/// The check's name of an object whose pose contradicts who is in front in the masks.
constexpr const char* kOrderCheck = "order";

/// AlignOptions::finest_window of objects is at least this: what others hide of an outline leaves
/// less to tell a pose by.
constexpr int kObjectsFinestWindow = 27;

/// Aligns each of the objects. First as if it were in front of all others; where that does not fit,
/// again without the pixels of others' masks, for these may be in front. Then, where both poses
/// fit, their depths tell who is: for the one in front the other's pixels are background, for the
/// other one they do not count (WeightsBeside), and what has other weights than before is aligned
/// again, from its own start. So on until no weight changes. Masks may be of the visible parts
/// (labels) or of whole objects. Where poses have an object in front of pixels that show another
/// (SeenThrough_px), both fail the check "order". Throws InputError as Align does, naming the
/// object; for names that are empty or appear twice, unknowns, and views of one name with different
/// cameras.
ObjectsResult AlignObjects(const std::vector<SceneObject>& objects, Rasterizer* rasterizer,
                           const AlignOptions& options, const ObjectsCallback& callback = {});

}  // namespace ceres_align
