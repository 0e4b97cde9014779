// The mesh and all cameras as glTF 2.0 (.glb), and a Python script for what glTF has no place for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/formats/formats.h"
#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// NAME.glb and NAME_blender.py, where `path` is NAME.glb. The world of the file is the set's
/// reference frame with nothing turned (glTF calls its +y up). The mesh stands at
/// set.reference_from_object, at the origin where there is none; its vertices are floats about
/// their own middle. Each camera is a node NAME_OF_CAMERA with a perspective camera and, as extras,
/// image size, fx, fy, cx, cy (px, the first pixel's centre at (0.5, 0.5)), the lens's numbers, the
/// photograph's path, and a note where the principal point is off the middle or there is a lens:
/// glTF has neither.
///
/// The script is for Blender (≥ 2.93): it imports the .glb and gives each camera its sensor shift,
/// pixel aspect and its photograph as background; a lens is left out. With arguments behind "--":
/// --photos FOLDER, --camera NAME (the active one, which also gives the scene's resolution),
/// --render FOLDER (a picture with transparent background by each camera).
///
/// Throws InputError for a set without poses, a path that does not end in .glb, names that are not
/// UTF-8 or longer than 63 bytes, and a mesh above 4 GB.
std::vector<ExportedFile> GltfSceneFiles(const std::filesystem::path& path,
                                         const TriangleMesh& mesh, const CameraSet& set);
/// Writes both files or none.
void WriteGltfScene(const std::filesystem::path& path, const TriangleMesh& mesh,
                    const CameraSet& set);

/// The script; `glb_name` is the file's name beside it. Internal.
std::string BlenderScript(const std::string& glb_name, const CameraSet& set);

}  // namespace ceres_align
