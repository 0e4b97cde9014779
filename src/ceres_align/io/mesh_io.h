// Mesh files: OBJ, PLY, STL, GLB, glTF, OFF, COLLADA (.dae), X3D and 3MF in; OBJ and PLY out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align {

struct LoadedMesh {
  TriangleMesh mesh;                  ///< cleaned (CleanMesh); at least one face
  CleanReport clean;                  ///< what cleaning dropped
  std::vector<std::string> warnings;  ///< one line each, naming file and line; may be empty
};

/// Reads a mesh; the format is told by the content where it has a signature (PLY, GLB), else by
/// the extension. Polygons are triangulated, concave ones too. OBJ, OFF and PLY keep double
/// precision; the nodes' transforms of GLB and glTF are applied (default scene). COLLADA, X3D and
/// 3MF are read by assimp, in single precision: transforms are applied, and COLLADA's <unit>
/// (metres come out), but not its <up_axis>, nor the unit of 3MF (its own numbers come out).
/// Colours, normals, texture coordinates and materials are ignored. `frame` is applied to what
/// comes out.
///
/// Throws InputError, one line with file, line (text formats) and value, for: a file that cannot
/// be read, ends early or contradicts its header; a position that is not finite; an index out of
/// range; no faces (a point cloud); no face with area; compressed glTF (Draco, meshopt); a scale
/// that is none, or that takes a position beyond kLargestCoordinate.
/// Left out with a warning: OBJ faces with fewer than three corners, statements that no mesh
/// needs, polygons that cross themselves (triangulated as well as they can be).
LoadedMesh LoadMesh(const std::filesystem::path& path, const MeshFrame& frame = {});

/// The same of a file's bytes; `path` gives the extension, begins the messages and is where
/// external buffers of a glTF are looked for.
LoadedMesh ParseMesh(const std::string& bytes, const std::filesystem::path& path);

/// Writes vertices (with as many digits as read back to the same bits) and faces, whole or
/// not at all. Throws InputError.
void WriteObj(const std::filesystem::path& path, const TriangleMesh& mesh);
/// The same as binary little-endian PLY with double positions.
void WritePly(const std::filesystem::path& path, const TriangleMesh& mesh);

}  // namespace ceres_align
