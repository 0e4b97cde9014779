// A scene of several objects: from loading to the files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ceres_align/align/align_options.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/render/rasterizer.h"
#include "cli/outputs.h"
#include "cli/render_maps.h"
#include "cli/scene_from_flags.h"
#include "cli/stopwatch.h"

namespace ceres_align::cli {

/// Throws InputError for outputs that there are none of for several objects: the animation, and
/// places of single files. `outputs` as the flag is.
void CheckOutputsOfObjects(const OutputPlan& plan, const std::string& outputs);

/// Aligns the objects, prints the report and writes for each of them into a folder of its name what
/// one object alone has, but the animation; beside the folders a summary, result.json, of each view
/// an overlay of all, and the maps of all that `render` asks for. Returns the program's exit code:
/// kExitOk if every object is usable.
int RunObjects(LoadedObjects loaded, const OutputPlan& plan, const RenderSettings& render,
               const AlignOptions& options, Rasterizer* rasterizer, Stopwatch* watch);

}  // namespace ceres_align::cli
