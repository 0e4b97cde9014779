#include "ceres_align/formats/gltf_scene.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "ceres_align/formats/byte_reader.h"
#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/file_transaction.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using formats_internal::AppendBytes;
using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// glTF's numbers of types.
constexpr int kFloat = 5126, kUnsignedInt = 5125, kArrayBuffer = 34962, kElementBuffer = 34963;
// Nearer than this part of the way to the mesh's middle nothing is drawn.
constexpr double kNearPart = 1e-3;

ordered_json List(const Eigen::Vector3d& v) { return {v.x(), v.y(), v.z()}; }

// "rotation" and "translation" of a node.
void AddPose(const Rigid3d& parent_from_node, ordered_json* node) {
  const Eigen::Quaterniond& q = parent_from_node.rotation;
  (*node)["rotation"] = {q.x(), q.y(), q.z(), q.w()};
  (*node)["translation"] = List(parent_from_node.translation);
}

struct Geometry {
  std::string bytes;  // positions, then indices
  Eigen::Vector3f low, high;
};

Geometry GeometryOf(const TriangleMesh& mesh, const Eigen::Vector3d& middle) {
  Geometry geometry;
  geometry.low.setConstant(std::numeric_limits<float>::max());
  geometry.high = -geometry.low;
  geometry.bytes.reserve(12 * (mesh.vertices.size() + mesh.faces.size()));
  for (const Eigen::Vector3d& vertex : mesh.vertices) {
    const Eigen::Vector3f v = (vertex - middle).cast<float>();
    geometry.low = geometry.low.cwiseMin(v);
    geometry.high = geometry.high.cwiseMax(v);
    for (int i = 0; i < 3; ++i) AppendBytes(v[i], &geometry.bytes);
  }
  for (const auto& face : mesh.faces) {
    for (const int32_t corner : face) AppendBytes(static_cast<uint32_t>(corner), &geometry.bytes);
  }
  return geometry;
}

void AddMesh(const TriangleMesh& mesh, const Geometry& geometry, ordered_json* out) {
  const size_t position_bytes = 12 * mesh.vertices.size(), index_bytes = 12 * mesh.faces.size();
  const auto corner = [](const Eigen::Vector3f& v) { return ordered_json{v.x(), v.y(), v.z()}; };
  ordered_json& o = *out;
  o["meshes"] = {
      {{"name", "object"}, {"primitives", {{{"attributes", {{"POSITION", 0}}}, {"indices", 1}}}}}};
  o["accessors"] = {{{"bufferView", 0},
                     {"componentType", kFloat},
                     {"count", mesh.vertices.size()},
                     {"type", "VEC3"},
                     {"min", corner(geometry.low)},
                     {"max", corner(geometry.high)}},
                    {{"bufferView", 1},
                     {"componentType", kUnsignedInt},
                     {"count", 3 * mesh.faces.size()},
                     {"type", "SCALAR"}}};
  o["bufferViews"] = {
      {{"buffer", 0}, {"byteOffset", 0}, {"byteLength", position_bytes}, {"target", kArrayBuffer}},
      {{"buffer", 0},
       {"byteOffset", position_bytes},
       {"byteLength", index_bytes},
       {"target", kElementBuffer}}};
  o["buffers"] = {{{"byteLength", geometry.bytes.size()}}};
}

ordered_json ExtrasOf(const CalibratedCamera& camera) {
  const Camera& c = camera.camera;
  ordered_json extras = {{"width", c.width_px}, {"height", c.height_px}, {"fx", c.fx_px},
                         {"fy", c.fy_px},       {"cx", c.cx_px},         {"cy", c.cy_px},
                         {"pixel_center", 0.5}};
  if (!camera.image.empty()) extras["image"] = camera.image;
  std::string note;
  const double off_x = c.cx_px - 0.5 * c.width_px, off_y = c.cy_px - 0.5 * c.height_px;
  if (off_x != 0 || off_y != 0) {
    note = Cat("the principal point is off the image's middle by (", off_x, ", ", off_y, ") px");
  }
  if (!c.lens.IsNone()) {
    extras[c.lens.is_fisheye ? "fisheye" : "dist"] = NumbersOfLens(c.lens);
    note += (note.empty() ? "" : ", ") + std::string("the lens distorts");
  }
  if (!note.empty()) extras["note"] = note + ": glTF has no place for it";
  return extras;
}

void AddCamera(const CalibratedCamera& camera, double near, ordered_json* out) {
  const GltfPerspective perspective = ToGltfPerspective(camera.camera);
  ordered_json& o = *out;
  const size_t index = o.contains("cameras") ? o["cameras"].size() : 0;
  o["cameras"].push_back({{"name", camera.name},
                          {"type", "perspective"},
                          {"perspective",
                           {{"yfov", perspective.yfov_rad},
                            {"aspectRatio", perspective.aspect_ratio},
                            {"znear", near}}},
                          {"extras", ExtrasOf(camera)}});
  ordered_json node = {{"name", camera.name}, {"camera", index}};
  const Eigen::Matrix4d world_from_cam = ToOpenGlWorldFromCam(camera.cam_from_reference);
  AddPose(Rigid3d(Eigen::Matrix3d(world_from_cam.topLeftCorner<3, 3>()),
                  Eigen::Vector3d(world_from_cam.topRightCorner<3, 1>())),
          &node);
  o["nodes"].push_back(node);
}

// A name that no camera has.
std::string NameOfMesh(const CameraSet& set) {
  std::string name = "object";
  while (std::any_of(set.cameras.begin(), set.cameras.end(),
                     [&](const auto& camera) { return camera.name == name; })) {
    name += "_mesh";
  }
  return name;
}

std::string GlbBytes(std::string text, std::string binary, const std::string& where) {
  while (text.size() % 4 != 0) text += ' ';
  while (binary.size() % 4 != 0) binary += '\0';
  constexpr uint32_t kMagic = 0x46546C67, kJson = 0x4E4F534A, kBin = 0x004E4942;
  const uint64_t total = 12 + 8 + text.size() + 8 + binary.size();
  if (total > std::numeric_limits<uint32_t>::max()) Fail(where, ": a .glb holds at most 4 GB");
  std::string out;
  for (const uint32_t word :
       {kMagic, 2u, static_cast<uint32_t>(total), static_cast<uint32_t>(text.size()), kJson}) {
    AppendBytes(word, &out);
  }
  out += text;
  AppendBytes(static_cast<uint32_t>(binary.size()), &out);
  AppendBytes(kBin, &out);
  return out + binary;
}

}  // namespace

std::vector<ExportedFile> GltfSceneFiles(const std::filesystem::path& path,
                                         const TriangleMesh& mesh, const CameraSet& set) {
  const std::string where = NameOf(path);
  if (path.extension() != ".glb") Fail(where, ": the name must end in .glb");
  RequirePoses(set, where);
  RequireIntrinsics(set, where);
  CHECK(!mesh.faces.empty());
  const Sphere sphere = BoundingSphere(mesh);
  const Rigid3d world_from_object = set.reference_from_object.value_or(Rigid3d());
  const Eigen::Vector3d middle_in_world = world_from_object * sphere.center;
  ordered_json out;
  out["asset"] = {{"version", "2.0"}, {"generator", "ceres_align"}};
  out["scene"] = 0;
  ordered_json node = {{"name", NameOfMesh(set)}, {"mesh", 0}};
  AddPose(Rigid3d(world_from_object.rotation, middle_in_world), &node);
  out["nodes"].push_back(node);
  constexpr size_t kMostName = 63;  // Blender cuts longer names off, and would find no camera
  for (const CalibratedCamera& camera : set.cameras) {
    if (camera.name.size() > kMostName) {
      Fail(where, ": camera ", Quoted(camera.name), " has a name of more than ", kMostName,
           " bytes, the most that Blender takes");
    }
    const double way = (camera.cam_from_reference * middle_in_world).norm();
    AddCamera(camera, kNearPart * std::max(way, sphere.radius), &out);
  }
  ordered_json roots = ordered_json::array();
  for (size_t i = 0; i <= set.cameras.size(); ++i) roots.push_back(i);
  out["scenes"] = {{{"nodes", roots}}};
  const Geometry geometry = GeometryOf(mesh, sphere.center);
  AddMesh(mesh, geometry, &out);
  const std::string glb_name = path.filename().string();
  try {
    return {{glb_name, GlbBytes(out.dump(), geometry.bytes, where)},
            {path.stem().string() + "_blender.py", BlenderScript(glb_name, set)}};
  } catch (const json::type_error&) {
    Fail(where, ": a name or path is not UTF-8");
  }
}

void WriteGltfScene(const std::filesystem::path& path, const TriangleMesh& mesh,
                    const CameraSet& set) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  FileTransaction transaction;
  transaction.MakeDirectories(folder);
  for (const ExportedFile& file : GltfSceneFiles(path, mesh, set)) {
    transaction.Stage(folder / file.name, file.bytes);
  }
  transaction.Commit();
}

}  // namespace ceres_align
