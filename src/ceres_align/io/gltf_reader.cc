// GLB and glTF 2.0: the triangles of the default scene with their nodes' transforms, in double.
#include <Eigen/Geometry>
#include <cmath>
#include <limits>

#include "ceres_align/io/gltf_buffers.h"
#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

using nlohmann::json;

// Instances can blow a small file up.
constexpr size_t kMaxFaces = 200000000;
constexpr size_t kMaxFacesPerByte = 64;

class GltfReader {
 public:
  GltfReader(const std::string& bytes, const std::filesystem::path& path)
      : name_(NameOf(path)), buffers_(bytes, path) {
    max_faces_ = std::min(kMaxFaces, kMaxFacesPerByte * (bytes.size() + 1000));
  }

  RawMesh Read() {
    CheckExtensions();
    const std::vector<int64_t> roots = RootNodes();
    struct Entry {
      int64_t node;
      Eigen::Matrix4d world_from_parent;
    };
    std::vector<Entry> stack;
    for (auto root = roots.rbegin(); root != roots.rend(); ++root) {
      stack.push_back({*root, Eigen::Matrix4d::Identity()});
    }
    std::vector<bool> visited(Count("nodes"), false);
    while (!stack.empty()) {
      const Entry entry = stack.back();
      stack.pop_back();
      const json& node = buffers_.Item("nodes", entry.node);
      if (visited[entry.node]) Fail(name_, ": nodes[", entry.node, "] has two parents");
      visited[entry.node] = true;
      const Eigen::Matrix4d world_from_node = entry.world_from_parent * LocalTransform(node);
      if (node.contains("mesh")) AddMesh(buffers_.Integer(node, "mesh", -1), world_from_node);
      if (node.contains("skin")) has_skin_ = true;
      const std::vector<int64_t> children = Indices(node, "children");
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        stack.push_back({*child, world_from_node});
      }
    }
    if (has_skin_) raw_.warnings.push_back(Cat(name_, ": skins are ignored"));
    return std::move(raw_);
  }

 private:
  size_t Count(const char* array) const {
    const auto found = buffers_.document().find(array);
    return found == buffers_.document().end() ? 0 : found->size();
  }

  void CheckExtensions() const {
    const auto required = buffers_.document().find("extensionsRequired");
    if (required == buffers_.document().end()) return;
    for (const json& extension : *required) {
      const std::string id = extension.get<std::string>();
      if (id.find("compression") != std::string::npos)
        Fail(name_, ": ", Quoted(id), " is not supported");
    }
  }

  std::vector<int64_t> Indices(const json& object, const char* key) const {
    std::vector<int64_t> indices;
    const auto list = object.find(key);
    if (list == object.end()) return indices;
    for (const json& index : *list) indices.push_back(index.get<int64_t>());
    return indices;
  }

  // Of the default scene; where the file has no scene, the nodes that are no one's children.
  std::vector<int64_t> RootNodes() const {
    if (Count("scenes") > 0) {
      return Indices(buffers_.Item("scenes", buffers_.Integer(buffers_.document(), "scene", 0)),
                     "nodes");
    }
    const size_t count = Count("nodes");
    std::vector<bool> is_child(count, false);
    for (size_t i = 0; i < count; ++i) {
      for (int64_t child : Indices(buffers_.Item("nodes", static_cast<int64_t>(i)), "children")) {
        if (child >= 0 && child < static_cast<int64_t>(count)) is_child[child] = true;
      }
    }
    std::vector<int64_t> roots;
    for (size_t i = 0; i < count; ++i) {
      if (!is_child[i]) roots.push_back(static_cast<int64_t>(i));
    }
    return roots;
  }

  template <int N>
  Eigen::Matrix<double, N, 1> Numbers(const json& node, const char* key,
                                      const Eigen::Matrix<double, N, 1>& missing) const {
    const auto found = node.find(key);
    if (found == node.end()) return missing;
    if (!found->is_array() || found->size() != N) {
      Fail(name_, ": a node's ", key, " needs ", N, " numbers");
    }
    Eigen::Matrix<double, N, 1> values;
    for (int i = 0; i < N; ++i) values[i] = (*found)[static_cast<size_t>(i)].get<double>();
    return values;
  }

  Eigen::Matrix4d LocalTransform(const json& node) const {
    if (node.contains("matrix")) {
      const Eigen::Matrix<double, 16, 1> columns =
          Numbers<16>(node, "matrix", Eigen::Matrix<double, 16, 1>::Zero());
      return Eigen::Map<const Eigen::Matrix4d>(columns.data());
    }
    const Eigen::Vector4d q = Numbers<4>(node, "rotation", Eigen::Vector4d::UnitW());
    if (!(q.norm() > 1e-6)) Fail(name_, ": a node's rotation is zero");
    Eigen::Affine3d transform = Eigen::Affine3d::Identity();
    transform.translate(Numbers<3>(node, "translation", Eigen::Vector3d::Zero()));
    transform.rotate(Eigen::Quaterniond(q[3], q[0], q[1], q[2]).normalized());
    transform.scale(Numbers<3>(node, "scale", Eigen::Vector3d::Ones()));
    return transform.matrix();
  }

  void AddMesh(int64_t index, const Eigen::Matrix4d& world_from_node) {
    const json& mesh = buffers_.Item("meshes", index);
    const auto primitives = mesh.find("primitives");
    if (primitives == mesh.end()) return;
    for (const json& primitive : *primitives) {
      if (primitive.contains("extensions") &&
          primitive["extensions"].contains("KHR_draco_mesh_compression")) {
        Fail(name_, ": Draco compression is not supported");
      }
      AddPrimitive(primitive, world_from_node);
    }
  }

  void AddPrimitive(const json& primitive, const Eigen::Matrix4d& world_from_node) {
    const int64_t mode = buffers_.Integer(primitive, "mode", 4);
    if (mode < 4) return;  // points and lines
    if (mode > 6) Fail(name_, ": primitive mode ", mode, " is unknown");
    const auto attributes = primitive.find("attributes");
    if (attributes == primitive.end() || !attributes->contains("POSITION")) return;
    const GltfAccessor positions =
        buffers_.Accessor(buffers_.Integer(*attributes, "POSITION", -1), "VEC3");
    const size_t first_vertex = raw_.mesh.vertices.size();
    if (first_vertex + static_cast<size_t>(positions.count) > 3 * max_faces_) {
      Fail(name_, ": more than ", 3 * max_faces_, " vertices with all instances");
    }
    for (int64_t i = 0; i < positions.count; ++i) {
      const Eigen::Vector4d p(positions.At(i, 0), positions.At(i, 1), positions.At(i, 2), 1);
      const Eigen::Vector3d in_world = (world_from_node * p).head<3>();
      if (!in_world.allFinite()) Fail(name_, ": a vertex position is not finite");
      raw_.mesh.vertices.push_back(in_world);
    }
    AddFaces(CornerList(primitive, positions.count), mode, static_cast<int32_t>(first_vertex));
  }

  std::vector<int32_t> CornerList(const json& primitive, int64_t vertex_count) const {
    std::vector<int32_t> corners;
    if (!primitive.contains("indices")) {
      for (int64_t i = 0; i < vertex_count; ++i) corners.push_back(static_cast<int32_t>(i));
      return corners;
    }
    const GltfAccessor indices =
        buffers_.Accessor(buffers_.Integer(primitive, "indices", -1), "SCALAR");
    if (indices.component_type == 5126) Fail(name_, ": indices are not integers");
    corners.reserve(static_cast<size_t>(indices.count));
    for (int64_t i = 0; i < indices.count; ++i) {
      const double index = indices.At(i, 0);
      if (!(index >= 0 && index < static_cast<double>(vertex_count))) {
        Fail(name_, ": vertex index ", index, " is out of range; the primitive has ", vertex_count,
             " vertices");
      }
      corners.push_back(static_cast<int32_t>(index));
    }
    return corners;
  }

  void AddFaces(const std::vector<int32_t>& corners, int64_t mode, int32_t first_vertex) {
    constexpr int64_t kStrip = 5, kFan = 6;
    const size_t step = mode == 4 ? 3 : 1;
    for (size_t i = 0; i + 2 < corners.size(); i += step) {
      if (raw_.mesh.faces.size() >= max_faces_) {
        Fail(name_, ": more than ", max_faces_, " faces with all instances");
      }
      const bool flipped = mode == kStrip && i % 2 == 1;
      const int32_t a = corners[mode == kFan ? 0 : i];
      const int32_t b = corners[flipped ? i + 2 : i + 1], c = corners[flipped ? i + 1 : i + 2];
      raw_.mesh.faces.push_back({first_vertex + a, first_vertex + b, first_vertex + c});
    }
  }

  const std::string name_;
  const GltfBuffers buffers_;
  size_t max_faces_;
  bool has_skin_ = false;
  RawMesh raw_;
};

}  // namespace

RawMesh ReadGltf(const std::string& bytes, const std::filesystem::path& path) {
  try {
    return GltfReader(bytes, path).Read();
  } catch (const json::exception& error) {
    Fail(NameOf(path), ": damaged glTF: ", Shown(error.what(), 80));
  }
}

}  // namespace ceres_align::io_internal
