// The report on several objects in the same images: what each of them has, and one summary.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/objects/align_objects.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/report/result_json.h"

namespace ceres_align {

/// The summary's JSON, with a final newline:
///
///   { "usable": true, "rounds": 2,
///     "objects": [ {"name": "mug", "status": …, "right": …, "usable": …, "failed_checks": ["…"],
///                   "rig_from_world": <pose>, "accuracy": …, "errors": …,
///                   "result": "mug/result.json"} ],
///     "seconds": {…}, "warnings": ["…"] }
///
/// with values as in ResultJson, whose text for each object is results[i].
std::string ObjectsJson(const ObjectsResult& result, const std::vector<std::string>& results,
                        const RunSeconds& seconds, const std::vector<std::string>& warnings);

/// TextReport of each under its name, then a line for each.
std::string ObjectsText(const ObjectsResult& result, const RunSeconds& seconds);

/// One image with all objects that it shows: each one's mask in a colour of its own, and the
/// outline of its mesh at its pose, hidden parts too.
struct ObjectsOverlay {
  std::string view;
  RgbImage picture;
};
std::vector<ObjectsOverlay> DrawObjects(const ObjectsResult& result, Rasterizer* rasterizer);

}  // namespace ceres_align
