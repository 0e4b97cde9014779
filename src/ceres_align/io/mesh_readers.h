// The readers behind LoadMesh, one per format. Internal to io/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align::io_internal {

/// A mesh as read: indices are valid, positions finite; not yet cleaned.
struct RawMesh {
  TriangleMesh mesh;
  std::vector<std::string> warnings;
};

/// `bytes` is the whole file, `name` begins the messages. They throw InputError.
RawMesh ReadObj(const std::string& bytes, const std::string& name);
RawMesh ReadPly(const std::string& bytes, const std::string& name);
RawMesh ReadStl(const std::string& bytes, const std::string& name);
RawMesh ReadOff(const std::string& bytes, const std::string& name);
/// Through assimp, by extension: dae, x3d, 3mf.
RawMesh ReadByAssimp(const std::string& bytes, const std::string& name,
                     const std::string& extension);
/// GLB or glTF; external buffers are looked for beside `path`.
RawMesh ReadGltf(const std::string& bytes, const std::filesystem::path& path);

/// By the file's format, told as LoadMesh says.
RawMesh ReadMeshFile(const std::filesystem::path& path);

/// Collects polygons while a file is read and triangulates them when all vertices are known.
class PolygonCollector {
 public:
  /// Corners are indices of vertices that exist by the time of Finish (not checked here). `line`
  /// is for messages; 0: the n-th face. Fewer than three corners: counted, for one warning.
  void Add(const std::vector<int32_t>& corners, int64_t line);
  /// Appends triangles to raw->mesh.faces in the order of Add, and warnings. CHECKs indices.
  void Finish(const std::string& name, RawMesh* raw);

 private:
  std::string Place(int64_t line, int64_t face) const;

  std::vector<int32_t> corners_;
  std::vector<int32_t> sizes_;
  std::vector<int64_t> lines_;  ///< of polygons with more than three corners
  int64_t faces_seen_ = 0;
  int64_t too_few_corners_ = 0;
  std::string first_too_few_;
};

}  // namespace ceres_align::io_internal
