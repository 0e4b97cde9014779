#include "ceres_align/robot/primitives.h"

#include <cmath>

namespace ceres_align::robot_internal {
namespace {

// Of the radius, so that a polygon of n sides about a circle is as far inside as outside.
double Outset(int sides) { return 2 / (1 + std::cos(M_PI / sides)); }

}  // namespace

TriangleMesh BoxMesh(const Eigen::Vector3d& sides) {
  TriangleMesh mesh;
  for (int i = 0; i < 8; ++i) {
    const Eigen::Vector3d corner(i & 1 ? 0.5 : -0.5, i & 2 ? 0.5 : -0.5, i & 4 ? 0.5 : -0.5);
    mesh.vertices.push_back(corner.cwiseProduct(sides));
  }
  mesh.faces = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return mesh;
}

TriangleMesh CylinderMesh(double radius, double length) {
  constexpr int kSides = 128;
  const double r = radius * Outset(kSides);
  TriangleMesh mesh;
  for (int i = 0; i < kSides; ++i) {
    const double angle = 2 * M_PI * i / kSides;
    for (double z : {-0.5 * length, 0.5 * length}) {
      mesh.vertices.emplace_back(r * std::cos(angle), r * std::sin(angle), z);
    }
  }
  const int32_t low = 2 * kSides, high = low + 1;
  mesh.vertices.emplace_back(0, 0, -0.5 * length);
  mesh.vertices.emplace_back(0, 0, 0.5 * length);
  for (int32_t i = 0; i < kSides; ++i) {
    const int32_t a = 2 * i, b = 2 * ((i + 1) % kSides);
    mesh.faces.push_back({a, b, a + 1});
    mesh.faces.push_back({b, b + 1, a + 1});
    mesh.faces.push_back({low, b, a});
    mesh.faces.push_back({high, a + 1, b + 1});
  }
  return mesh;
}

TriangleMesh SphereMesh(double radius) {
  constexpr int kRings = 48, kSegments = 96;
  const double r = radius * Outset(kSegments);
  TriangleMesh mesh;
  mesh.vertices.emplace_back(0, 0, r);
  for (int ring = 1; ring < kRings; ++ring) {
    const double polar = M_PI * ring / kRings;
    for (int i = 0; i < kSegments; ++i) {
      const double angle = 2 * M_PI * i / kSegments;
      mesh.vertices.emplace_back(r * std::sin(polar) * std::cos(angle),
                                 r * std::sin(polar) * std::sin(angle), r * std::cos(polar));
    }
  }
  mesh.vertices.emplace_back(0, 0, -r);
  const int32_t south = static_cast<int32_t>(mesh.vertices.size()) - 1;
  for (int32_t i = 0; i < kSegments; ++i) {
    const int32_t next = (i + 1) % kSegments;
    mesh.faces.push_back({0, 1 + i, 1 + next});
    for (int32_t ring = 0; ring + 2 < kRings; ++ring) {
      const int32_t above = 1 + ring * kSegments, below = above + kSegments;
      mesh.faces.push_back({above + i, below + i, above + next});
      mesh.faces.push_back({above + next, below + i, below + next});
    }
    const int32_t last = 1 + (kRings - 2) * kSegments;
    mesh.faces.push_back({south, last + next, last + i});
  }
  return mesh;
}

}  // namespace ceres_align::robot_internal
