#include "ceres_align/report/shaded_mesh.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using Eigen::Vector3f;

constexpr double kSmooth_rad = 35 * M_PI / 180;  // faces' normals this near to the vertex's bend
constexpr float kAmbient = 0.2f;
constexpr int kLineOf = 500;  // a picture of so many px has lines of one px more
// A light that looks alike at all depths would hide what stands out towards the camera.
constexpr float kLostWithDepth = 0.4f;                // of the light, across the object
constexpr float kStep = 0.03f, kLightAtAStep = 0.4f;  // a step in depth, of the object's size
const Vector3f kToLamp = Vector3f(-0.45f, -0.55f, -1).normalized();  // camera's axes

}  // namespace

ShadedMesh::ShadedMesh(const ContourMesh& mesh)
    : center_(mesh.center.x, mesh.center.y, mesh.center.z), radius_(mesh.bulk_radius) {
  mesh_.vertices.reserve(mesh.vertices.size());
  for (const Vec3& v : mesh.vertices) mesh_.vertices.push_back(center_ + Vector3d(v.x, v.y, v.z));
  mesh_.faces.reserve(mesh.faces.size());
  for (const MeshFace& face : mesh.faces) mesh_.faces.push_back({face.v[0], face.v[1], face.v[2]});
  normals_ = VertexNormals(mesh_);
  const float least_cos = static_cast<float>(std::cos(kSmooth_rad));
  for (auto& face : mesh_.faces) {
    const Vector3d a = mesh_.vertices[face[0]];
    const Vector3d cross = (mesh_.vertices[face[1]] - a).cross(mesh_.vertices[face[2]] - a);
    const Vector3f normal = cross.normalized().cast<float>();
    for (int32_t& corner : face) {
      if (!(normals_[corner].dot(normal) < least_cos)) continue;
      mesh_.vertices.push_back(Vector3d(mesh_.vertices[corner]));
      normals_.push_back(normal);
      corner = static_cast<int32_t>(normals_.size()) - 1;
    }
  }
}

ImageF ShadedMesh::Light(const Camera& camera, const Rigid3d& cam_from_object,
                         Rasterizer* threads) const {
  const SurfaceMap map = RenderSurface(mesh_, camera, cam_from_object, threads);
  const Vector3Map normals = NormalMap(mesh_, &normals_, map, camera, cam_from_object, threads);
  const float middle = static_cast<float>((cam_from_object * center_).z());
  const float size = static_cast<float>(2 * radius_);
  const int line = 1 + std::max(camera.width_px, camera.height_px) / kLineOf;
  ImageF light(camera.width_px, camera.height_px);
  for (int row = 0; row < light.height; ++row) {
    for (int column = 0; column < light.width; ++column) {
      if (map.face.at(column, row) < 0) continue;
      const float lit = std::max(0.0f, normals.at(column, row).dot(kToLamp));
      const float depth = map.depth.at(column, row);
      const float behind = std::clamp((depth - middle) / size + 0.5f, 0.0f, 1.0f);
      float here = (kAmbient + (1 - kAmbient) * lit) * (1 - kLostWithDepth * behind);
      const auto step_from = [&](int c, int r) {
        return c < light.width && r < light.height && map.face.at(c, r) >= 0 &&
               std::abs(map.depth.at(c, r) - depth) > kStep * size;
      };
      if (step_from(column + line, row) || step_from(column, row + line)) here *= kLightAtAStep;
      light.at(column, row) = here;
    }
  }
  return light;
}

void SpreadLight(const ImageF& coverage, ImageF* light) {
  CHECK(coverage.width == light->width && coverage.height == light->height);
  const int width = light->width, height = light->height;
  const auto take = [&](int column, int row, int dx, int dy) {
    float& here = light->at(column, row);
    if (here > 0 || !(coverage.at(column, row) > 0)) return;
    if (column + dx >= 0 && column + dx < width) here = light->at(column + dx, row);
    if (here > 0 || row + dy < 0 || row + dy >= height) return;
    here = light->at(column, row + dy);
  };
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) take(column, row, -1, -1);
  }
  for (int row = height - 1; row >= 0; --row) {
    for (int column = width - 1; column >= 0; --column) take(column, row, 1, 1);
  }
}

}  // namespace ceres_align
