#include "ceres_align/io/mesh_io.h"

#include <algorithm>
#include <cstring>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/ply_blocks.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/io/text.h"
#include "ceres_align/io/triangulate.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::RawMesh;

namespace io_internal {

void PolygonCollector::Add(const std::vector<int32_t>& corners, int64_t line) {
  ++faces_seen_;
  if (corners.size() < 3) {
    if (too_few_corners_++ == 0) {
      first_too_few_ = Cat(Place(line, faces_seen_), ": face with ", corners.size(),
                           corners.size() == 1 ? " corner" : " corners");
    }
    return;
  }
  corners_.insert(corners_.end(), corners.begin(), corners.end());
  sizes_.push_back(static_cast<int32_t>(corners.size()));
  if (corners.size() > 3) lines_.push_back(line > 0 ? line : -faces_seen_);
}

std::string PolygonCollector::Place(int64_t line, int64_t face) const {
  return line > 0 ? Cat("line ", line) : Cat("face ", face);
}

void PolygonCollector::Finish(const std::string& name, RawMesh* raw) {
  int64_t budget = 1000000000;  // a few seconds
  int64_t approximate = 0;
  std::string first_approximate;
  size_t begin = 0, polygon = 0;
  raw->mesh.faces.reserve(raw->mesh.faces.size() + sizes_.size());
  for (int32_t n : sizes_) {
    for (int32_t i = 0; i < n; ++i) {
      CHECK_LT(static_cast<size_t>(corners_[begin + i]), raw->mesh.vertices.size());
    }
    const Triangulation result =
        TriangulatePolygon(raw->mesh.vertices, &corners_[begin], n, &budget, &raw->mesh.faces);
    if (result != Triangulation::kExact) {
      const int64_t line = lines_[polygon];
      const std::string place = Place(line, -line);
      if (result == Triangulation::kTooComplex) {
        Fail(name, ": ", place, ": the polygons are too complex to triangulate (", n, " corners)");
      }
      if (approximate++ == 0) first_approximate = place;
    }
    begin += n;
    polygon += n > 3;
  }
  if (too_few_corners_ > 0) {
    raw->warnings.push_back(
        Cat(name, ": ", first_too_few_, " left out; ", too_few_corners_, " such in all"));
  }
  if (approximate > 0) {
    raw->warnings.push_back(Cat(name, ": ", first_approximate,
                                ": polygon crosses itself or has no area, triangulated as well as "
                                "it can be; ",
                                approximate, " such in all"));
  }
}

}  // namespace io_internal

namespace {

bool StartsWith(const std::string& bytes, const char* prefix) {
  return bytes.compare(0, std::strlen(prefix), prefix) == 0;
}

std::string ExtensionOf(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

RawMesh ReadByFormat(const std::string& bytes, const std::filesystem::path& path) {
  const std::string name = NameOf(path);
  if (bytes.empty()) Fail(name, ": the file is empty");
  const std::string extension = ExtensionOf(path);
  if (StartsWith(bytes, "glTF") || extension == ".glb" || extension == ".gltf") {
    return io_internal::ReadGltf(bytes, path);
  }
  if (StartsWith(bytes, "ply\n") || StartsWith(bytes, "ply\r") || extension == ".ply") {
    return io_internal::ReadPly(bytes, name);
  }
  if (extension == ".stl") return io_internal::ReadStl(bytes, name);
  if (extension == ".off") return io_internal::ReadOff(bytes, name);
  if (extension == ".obj") return io_internal::ReadObj(bytes, name);
  for (const char* other : {".dae", ".x3d", ".3mf"}) {
    if (extension == other) return io_internal::ReadByAssimp(bytes, name, other + 1);
  }
  Fail(name, ": unknown mesh format ", Quoted(extension),
       "; OBJ, PLY, STL, GLB, glTF, DAE, OFF, X3D and 3MF are read");
}

LoadedMesh Cleaned(RawMesh raw, const std::string& name) {
  const size_t faces = raw.mesh.faces.size();
  if (faces == 0) {
    Fail(name, ": has no faces (", raw.mesh.vertices.size(), " vertices)");
  }
  LoadedMesh loaded;
  loaded.warnings = std::move(raw.warnings);
  loaded.mesh = std::move(raw.mesh);
  try {
    loaded.clean = CleanMesh(&loaded.mesh);
  } catch (const InputError& error) {
    Fail(name, ": ", error.what());
  }
  if (loaded.mesh.faces.empty()) {
    Fail(name, ": all ", faces, " triangles have zero area");
  }
  const std::string strays = StrayFacesHint(loaded.mesh);
  if (!strays.empty()) loaded.warnings.push_back(Cat(name, ": ", strays));
  return loaded;
}

void Place(const MeshFrame& frame, const std::string& name, TriangleMesh* mesh) {
  if (frame.IsIdentity()) return;
  const Eigen::Matrix3d turn = WorldFromFileAxes(frame.up);
  for (Eigen::Vector3d& v : mesh->vertices) v = frame.scale * (turn * v).eval();
  try {
    CheckCoordinates(*mesh);
  } catch (const InputError& error) {
    Fail(name, ": ", InWords(frame), ": ", error.what());
  }
}

}  // namespace

io_internal::RawMesh io_internal::ReadMeshFile(const std::filesystem::path& path) {
  if (ExtensionOf(path) == ".ply") {
    if (std::optional<RawMesh> mesh = io_internal::ReadPlyInBlocks(path)) return std::move(*mesh);
  }
  return ReadByFormat(ReadFile(path), path);
}

LoadedMesh LoadMesh(const std::filesystem::path& path, const MeshFrame& frame) {
  const std::string name = NameOf(path);
  CheckMeshScale(frame.scale, Cat(name, ": the mesh's scale"));
  LoadedMesh loaded = Cleaned(io_internal::ReadMeshFile(path), name);
  Place(frame, name, &loaded.mesh);
  return loaded;
}

LoadedMesh ParseMesh(const std::string& bytes, const std::filesystem::path& path) {
  return Cleaned(ReadByFormat(bytes, path), NameOf(path));
}

}  // namespace ceres_align
