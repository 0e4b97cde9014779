#include "ceres_align/report_html/report_space.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ceres_align/base/text.h"
#include "ceres_align/geometry/simplify.h"
#include "ceres_align/geometry/strays.h"
#include "ceres_align/geometry/symmetric_matrix.h"
#include "ceres_align/report_html/base64.h"

namespace ceres_align::report_html_internal {
namespace {

using Json = nlohmann::ordered_json;
using Eigen::Vector3d;

constexpr size_t kMostVertices = 65536, kMostCameras = 500;
constexpr double kChi2Of90 = 6.2514;  // 90 % of χ² with 3 degrees of freedom

Json List(const Vector3d& v) { return {v.x(), v.y(), v.z()}; }

TriangleMesh ShownMesh(const TriangleMesh& mesh) {
  const std::optional<TriangleMesh> bulk = WithoutStrays(mesh);
  const TriangleMesh& whole = bulk ? *bulk : mesh;
  int target = kShownFaces;
  TriangleMesh shown = whole;
  while (shown.vertices.size() > kMostVertices ||
         (target == kShownFaces && shown.faces.size() > size_t{kShownFaces})) {
    shown = SimplifyByClustering(whole, target).mesh;
    target /= 2;
  }
  return shown.faces.empty() ? whole : shown;
}

Json MeshJson(const TriangleMesh& mesh, const Vector3d& center) {
  const Box box = BoundingBox(mesh.vertices);
  std::vector<uint16_t> vertices, triangles;
  vertices.reserve(3 * mesh.vertices.size());
  triangles.reserve(3 * mesh.faces.size());
  for (const Vector3d& v : mesh.vertices) {
    for (int k = 0; k < 3; ++k) {
      const double size = box.high[k] - box.low[k];
      const double part = size > 0 ? (v[k] - box.low[k]) / size : 0;
      vertices.push_back(static_cast<uint16_t>(std::lround(65535 * part)));
    }
  }
  for (const auto& face : mesh.faces) {
    for (const int32_t index : face) triangles.push_back(static_cast<uint16_t>(index));
  }
  return {{"low", List(box.low - center)},
          {"high", List(box.high - center)},
          {"vertices", Base64(vertices)},
          {"triangles", Base64(triangles)}};
}

Rigid3d CamFromObject(const View& view, const Rigid3d& rig_from_world) {
  return view.cam_from_rig * rig_from_world * view.world_from_object;
}

Json CameraJson(const View& view, const Rigid3d& rig_from_world, const Vector3d& center) {
  const Rigid3d object_from_cam = Inverse(CamFromObject(view, rig_from_world));
  const Camera& camera = view.camera;
  Json corners = Json::array();
  for (const auto& [x, y] : {std::pair(0, 0), {1, 0}, {1, 1}, {0, 1}}) {
    const Vector3d ray((x * camera.width_px - camera.cx_px) / camera.fx_px,
                       (y * camera.height_px - camera.cy_px) / camera.fy_px, 1);
    corners.push_back(List(object_from_cam.rotation * ray));
  }
  return {{"name", Shown(view.name)},
          {"center", List(object_from_cam.translation - center)},
          {"corners", corners}};
}

// object-at-the-result from object-at-the-pose, both about the centre.
Json Motions(const View& first, const Rigid3d& final_rig_from_world,
             const std::vector<ReportPose>& poses, const Vector3d& center) {
  const Rigid3d object_from_cam = Inverse(CamFromObject(first, final_rig_from_world));
  Json list = Json::array();
  for (const ReportPose& pose : poses) {
    const Rigid3d moved = object_from_cam * CamFromObject(first, pose.rig_from_world);
    const Vector3d t = moved * center - center;
    const Eigen::Quaterniond& q = moved.rotation;
    list.push_back({q.x(), q.y(), q.z(), q.w(), t.x(), t.y(), t.z()});
  }
  return list;
}

Json EllipsoidJson(const View& first, const AlignResult& result, const Vector3d& center) {
  if (!result.covariance || !result.covariance->allFinite()) return nullptr;
  const Rigid3d rig_from_object = result.rig_from_world * first.world_from_object;
  const Eigen::Matrix3d object_from_rig = rig_from_object.R().transpose();
  const Eigen::Matrix3d covariance =
      object_from_rig * result.covariance->bottomRightCorner<3, 3>() * object_from_rig.transpose();
  const SymmetricEigen<3> eigen = EigenOf<3>(covariance);
  Json axes = Json::array();
  for (int k = 0; k < 3; ++k) {
    const double half_axis = std::sqrt(kChi2Of90 * std::max(0.0, eigen.values[k]));
    axes.push_back(List(half_axis * eigen.vectors.col(k)));
  }
  const Vector3d of_object = Inverse(first.world_from_object) * result.object_center_in_world;
  return {{"center", List(of_object - center)}, {"axes", axes}};
}

bool SameMotion(const Rigid3d& a, const Rigid3d& b) {
  return a.rotation.coeffs() == b.rotation.coeffs() && a.translation == b.translation;
}

}  // namespace

Json SpaceJson(const Scene& scene, const AlignResult& result, const std::vector<ReportPose>& poses,
               const std::vector<ReportPose>& other_poses) {
  const View& first = scene.views.at(0);
  const TriangleMesh& whole = *scene.meshes.at(first.mesh_index);
  const TriangleMesh mesh = ShownMesh(whole);
  const Sphere sphere = BoundingSphere(mesh);
  Json json = {{"radius", sphere.radius},
               {"faces", whole.faces.size()},
               {"shown_faces", mesh.faces.size()},
               {"mesh", MeshJson(mesh, sphere.center)}};
  json["cameras"] = Json::array();
  bool moves = false;
  for (const View& view : scene.views) {
    json["cameras"].push_back(CameraJson(view, result.rig_from_world, sphere.center));
    moves |= !SameMotion(view.world_from_object, first.world_from_object);
    if (json["cameras"].size() == kMostCameras) break;
  }
  json["poses"] = Motions(first, result.rig_from_world, poses, sphere.center);
  json["others"] = Motions(first, result.rig_from_world, other_poses, sphere.center);
  json["ellipsoid"] = EllipsoidJson(first, result, sphere.center);
  json["moves"] = moves;
  json["meshes"] = scene.meshes.size();
  return json;
}

}  // namespace ceres_align::report_html_internal
