// --export_cameras: the cameras at the pose that was found, for another tool.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/formats/formats.h"
#include "cli/render_maps.h"

namespace ceres_align::cli {

/// "FORMAT:path" of the table of formats, or "gltf:NAME.glb", which has the mesh too.
bool IsGltf(const std::string& format_and_path);
/// Throws InputError for a format or a name that cannot be written; an early answer.
void CheckExport(const std::string& format_and_path);

/// The files, names absolute; in the world (the mesh's frame). `photos` as RenderSettings has it.
/// Throws InputError for a scene that the format cannot hold.
std::vector<ExportedFile> ExportedCameras(const RenderScene& scene,
                                          const std::string& format_and_path,
                                          const std::string& photos);

}  // namespace ceres_align::cli
