// What is written of a scene of several objects.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/align_options.h"
#include "ceres_align/objects/align_objects.h"
#include "cli/outputs.h"

namespace ceres_align::cli {

/// What the files are of. Borrows all but the seconds.
struct ObjectsRun {
  const ObjectsResult& result;
  const AlignOptions& options;
  const std::vector<std::string>& warnings;                  ///< of all
  const std::vector<std::vector<std::string>>& warnings_of;  ///< of each
  RunSeconds seconds = {};                                   ///< what is known of them so far
};

/// Of each view an overlay of all objects; of each object, in a folder of its name, the pictures
/// that one object alone has, but the animation.
std::vector<OutputFile> DrawObjectPictures(const OutputPlan& plan, const ObjectsRun& run,
                                           Rasterizer* rasterizer);

/// Each object's result.json, in a folder of its name, and result.json, the summary.
std::vector<OutputFile> ObjectJsonFiles(const ObjectsRun& run);

}  // namespace ceres_align::cli
