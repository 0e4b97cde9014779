// Triangle meshes as sets of triangles: closed, open, mixed winding, non-manifold, soup.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

namespace ceres_align {

/// Vertices in the object's frame (double: scans may lie far from the origin) and triangles.
struct TriangleMesh {
  std::vector<Eigen::Vector3d> vertices;
  std::vector<std::array<int32_t, 3>> faces;
};

struct Sphere {
  Eigen::Vector3d center = Eigen::Vector3d::Zero();
  double radius = 0;
};

struct Box {
  Eigen::Vector3d low, high;
};

/// Around the points; an empty list gives low = +infinity, high = −infinity.
Box BoundingBox(const std::vector<Eigen::Vector3d>& points);

/// A sphere around the vertices that faces use: centre of their bounding box, radius to the
/// farthest. An empty mesh gives radius 0.
Sphere BoundingSphere(const TriangleMesh& mesh);

/// The sphere around a mesh without a few stray faces far away: without those that have a vertex
/// farther from the median of all (per axis) than 20 times their median distance from it. Where
/// there are none, or more than a tenth of all, `bounding`, which is BoundingSphere(mesh).
Sphere BulkSphere(const TriangleMesh& mesh, const Sphere& bounding);

struct CleanReport {
  int64_t welded_vertices = 0;   ///< vertices merged into another at the same position
  int64_t repeated_indices = 0;  ///< faces dropped: two corners are one vertex
  int64_t zero_area = 0;         ///< faces dropped: corners on a line (to double's precision)
};

/// Coordinates are at most this large, so that squares of areas, and moments, are finite.
constexpr double kLargestCoordinate = 1e50;
/// Throws InputError naming the first vertex that is not finite or beyond kLargestCoordinate.
void CheckCoordinates(const TriangleMesh& mesh);

/// Merges vertices at bitwise equal positions (−0 equals +0), then drops faces that have a
/// repeated vertex or no area, then unused vertices. Order is kept. Throws as CheckCoordinates
/// does; CHECKs indices.
CleanReport CleanMesh(TriangleMesh* mesh);

}  // namespace ceres_align
