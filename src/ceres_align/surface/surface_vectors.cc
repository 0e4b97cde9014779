// Normals and places of what a SurfaceMap shows.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "ceres_align/surface/pixel_rays.h"
#include "ceres_align/surface/surface_map.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using Eigen::Vector3f;

constexpr int kRows = 16;  // that one thread takes at a time

// body(row, column, ray) of every pixel where something is seen.
template <typename Body>
void ForEachSeen(const SurfaceMap& map, const Camera& camera, Rasterizer* threads,
                 const Body& body) {
  const surface_internal::PixelRays rays(camera);
  const int height = map.face.height, width = map.face.width;
  threads->ForEach((height + kRows - 1) / kRows, [&](size_t part) {
    std::vector<double> x(width), y(width);
    const int first = static_cast<int>(part) * kRows, last = std::min(height, first + kRows);
    for (int row = first; row < last; ++row) {
      const int32_t* faces = map.face.row(row);
      int begin = 0, end = width;
      while (begin < end && faces[begin] < 0) ++begin;
      while (end > begin && faces[end - 1] < 0) --end;
      rays.Row(row, begin, end, x.data(), y.data());
      for (int c = begin; c < end; ++c) {
        if (faces[c] >= 0) body(row, c, Vector3d(x[c], y[c], 1));
      }
    }
  });
}

// Interpolated at the point where the ray meets the face; zero where the corners' cancel.
Vector3d Interpolated(const std::array<int32_t, 3>& face, const std::vector<Vector3f>& normals,
                      const Vector3d corners[3], const Vector3d& point, const Vector3d& normal) {
  Vector3d sum = Vector3d::Zero();
  for (int i = 0; i < 3; ++i) {
    const Vector3d &a = corners[(i + 1) % 3], &b = corners[(i + 2) % 3];
    const double weight = (a - point).cross(b - point).dot(normal);  // twice the area, times |n|
    sum += std::max(weight, 0.0) * normals[face[i]].cast<double>();
  }
  return sum;
}

}  // namespace

std::vector<Vector3f> VertexNormals(const TriangleMesh& mesh) {
  std::vector<Vector3d> sums(mesh.vertices.size(), Vector3d::Zero());
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    Vector3d sides[3];  // from corner i to the next
    for (int i = 0; i < 3; ++i) {
      sides[i] = mesh.vertices[face[(i + 1) % 3]] - mesh.vertices[face[i]];
    }
    const Vector3d cross = sides[0].cross(sides[1]);
    const double twice_area = cross.norm();
    if (!(twice_area > 0)) continue;
    for (int i = 0; i < 3; ++i) {
      const double angle = std::atan2(twice_area, -sides[i].dot(sides[(i + 2) % 3]));
      sums[face[i]] += angle / twice_area * cross;
    }
  }
  std::vector<Vector3f> normals;
  normals.reserve(sums.size());
  for (const Vector3d& sum : sums) {
    const double norm = sum.norm();
    // Angles are of the order of 1: below, the faces' normals cancel.
    normals.push_back(norm > 1e-6 ? (sum / norm).cast<float>() : Vector3f(Vector3f::Zero()));
  }
  return normals;
}

Vector3Map NormalMap(const TriangleMesh& mesh, const std::vector<Vector3f>* vertex_normals,
                     const SurfaceMap& map, const Camera& camera, const Rigid3d& cam_from_object,
                     Rasterizer* threads) {
  Vector3Map out(map.face.width, map.face.height, Vector3f::Zero());
  const Eigen::Matrix3d rotation = cam_from_object.R();
  const Vector3d cam_in_object = -(rotation.transpose() * cam_from_object.translation);
  ForEachSeen(map, camera, threads, [&](int row, int c, const Vector3d& ray) {
    const std::array<int32_t, 3>& face = mesh.faces[map.face.at(c, row)];
    const Vector3d corners[3] = {mesh.vertices[face[0]], mesh.vertices[face[1]],
                                 mesh.vertices[face[2]]};
    const Vector3d flat = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
    const Vector3d ray_in_object = rotation.transpose() * ray;
    Vector3d normal = flat;
    if (vertex_normals != nullptr) {
      const double t = flat.dot(corners[0] - cam_in_object) / flat.dot(ray_in_object);
      normal =
          Interpolated(face, *vertex_normals, corners, cam_in_object + t * ray_in_object, flat);
      if (!(normal.squaredNorm() > 0)) normal = flat;
    }
    // The face's side that is seen is the outer one.
    if (flat.dot(ray_in_object) > 0) normal = -normal;
    out.at(c, row) = (rotation * normal).normalized().cast<float>();
  });
  return out;
}

Vector3Map PositionMap(const SurfaceMap& map, const Camera& camera, Rasterizer* threads) {
  Vector3Map out(map.face.width, map.face.height, Vector3f::Zero());
  ForEachSeen(map, camera, threads, [&](int row, int c, const Vector3d& ray) {
    out.at(c, row) = (static_cast<double>(map.depth.at(c, row)) * ray).cast<float>();
  });
  return out;
}

void Transform(const Eigen::Matrix3d& rotation, const Vector3d& translation, Vector3Map* map,
               Rasterizer* threads) {
  threads->ForEach(map->height, [&](size_t row) {
    Vector3f* vectors = map->row(static_cast<int>(row));
    for (int c = 0; c < map->width; ++c) {
      if (vectors[c].isZero(0)) continue;
      vectors[c] = (rotation * vectors[c].cast<double>() + translation).cast<float>();
    }
  });
}

}  // namespace ceres_align
