// COLLADA, X3D and 3MF through assimp, whose positions are floats.
#include <assimp/config.h>
#include <assimp/postprocess.h>
#include <assimp/scene.h>

#include <Eigen/Core>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>

#include "ceres_align/io/assimp_functions.h"
#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/text.h"
#include "ceres_align/io/threemf_check.h"
#include "ceres_align/io/xml_nesting.h"

namespace ceres_align::io_internal {
namespace {

Eigen::Matrix4d MatrixOf(const aiMatrix4x4& m) {
  Eigen::Matrix4d out;
  out << m.a1, m.a2, m.a3, m.a4, m.b1, m.b2, m.b3, m.b4, m.c1, m.c2, m.c3, m.c4, m.d1, m.d2, m.d3,
      m.d4;
  return out;
}

void AddMesh(const aiMesh& part, const Eigen::Matrix4d& scene_from_part, const std::string& name,
             RawMesh* raw) {
  const size_t first = raw->mesh.vertices.size();
  for (unsigned i = 0; i < part.mNumVertices; ++i) {
    const aiVector3D& v = part.mVertices[i];
    const Eigen::Vector4d point = scene_from_part * Eigen::Vector4d(v.x, v.y, v.z, 1);
    if (!point.allFinite()) {
      Fail(name, ": geometry ", Quoted(part.mName.C_Str()), ": a coordinate is not finite");
    }
    raw->mesh.vertices.push_back(point.head<3>());
  }
  for (unsigned i = 0; i < part.mNumFaces; ++i) {
    const aiFace& face = part.mFaces[i];
    if (face.mNumIndices != 3) continue;  // points and lines
    std::array<int32_t, 3> corners;
    for (int k = 0; k < 3; ++k) {
      if (face.mIndices[k] >= part.mNumVertices) {
        Fail(name, ": geometry ", Quoted(part.mName.C_Str()), ": face ", i + 1, " names vertex ",
             face.mIndices[k], " of ", part.mNumVertices);
      }
      corners[k] = static_cast<int32_t>(first + face.mIndices[k]);
    }
    raw->mesh.faces.push_back(corners);
  }
}

void AddNode(const aiScene& scene, const aiNode& node, const Eigen::Matrix4d& scene_from_parent,
             const std::string& name, RawMesh* raw) {
  const Eigen::Matrix4d scene_from_node = scene_from_parent * MatrixOf(node.mTransformation);
  for (unsigned i = 0; i < node.mNumMeshes; ++i) {
    AddMesh(*scene.mMeshes[node.mMeshes[i]], scene_from_node, name, raw);
  }
  for (unsigned i = 0; i < node.mNumChildren; ++i) {
    AddNode(scene, *node.mChildren[i], scene_from_node, name, raw);
  }
}

// assimp 5.2 goes on for ever at a <p> with something else.
void CheckColladaIndices(const std::string& bytes, const std::string& name) {
  for (size_t at = bytes.find("<p"); at != std::string::npos; at = bytes.find("<p", at + 1)) {
    if (at + 2 < bytes.size() && bytes.find_first_of("> \t\r\n/", at + 2) != at + 2) continue;
    const size_t end = bytes.find('>', at);
    if (end == std::string::npos || bytes[end - 1] == '/') continue;
    const size_t other = bytes.find_first_not_of("0123456789+- \t\r\n", end + 1);
    if (other == std::string::npos || bytes.compare(other, 3, "</p") == 0) continue;
    Fail(name, ": line ", 1 + std::count(bytes.begin(), bytes.begin() + other, '\n'), ": <p> has ",
         Quoted(std::string_view(bytes).substr(other, 1)), "; only whole numbers may stand there");
  }
}

std::string Capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

using AssimpScene = std::unique_ptr<const aiScene, decltype(&aiReleaseImport)>;

// One file at a time: the message of a failure is one for the whole process.
AssimpScene Import(const std::string& bytes, const std::string& name,
                   const std::string& extension) {
  const AssimpFunctions& assimp = Assimp(name);
  if (bytes.size() > std::numeric_limits<unsigned>::max()) {
    Fail(name, ": over 4 GiB, which assimp does not read");
  }
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  const std::unique_ptr<aiPropertyStore, decltype(&aiReleasePropertyStore)> properties(
      assimp.create_properties(), assimp.release_properties);
  assimp.set_property(properties.get(), AI_CONFIG_IMPORT_COLLADA_IGNORE_UP_DIRECTION, 1);
  AssimpScene scene(
      assimp.import_from_memory(bytes.data(), static_cast<unsigned>(bytes.size()),
                                aiProcess_Triangulate, extension.c_str(), properties.get()),
      assimp.release);
  if (scene == nullptr || scene->mRootNode == nullptr) {
    Fail(name, ": cannot be read as ", extension == "dae" ? "COLLADA" : Capitals(extension), ": ",
         Shown(assimp.error_string(), 200));
  }
  return scene;
}

}  // namespace

RawMesh ReadByAssimp(const std::string& bytes, const std::string& name,
                     const std::string& extension) {
  std::string checked;
  if (extension == "3mf") {
    checked = Checked3mf(bytes, name);
  } else {
    if (bytes.find('\0') != std::string::npos) Fail(name, ": contains a NUL; UTF-8 is read");
    CheckXmlNesting(bytes, name);
  }
  if (extension == "dae") CheckColladaIndices(bytes, name);
  const AssimpScene scene = Import(checked.empty() ? bytes : checked, name, extension);
  RawMesh raw;
  AddNode(*scene, *scene->mRootNode, Eigen::Matrix4d::Identity(), name, &raw);
  return raw;
}

}  // namespace ceres_align::io_internal
