#include "ceres_align/geometry/mesh.h"

#include <Eigen/Geometry>
#include <cstring>
#include <limits>
#include <numeric>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

uint64_t HashPosition(const Eigen::Vector3d& p) {
  uint64_t h = 0x9E3779B97F4A7C15ull;
  for (int i = 0; i < 3; ++i) {
    const double v = p[i] + 0.0;  // −0 becomes +0
    uint64_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    h = (h ^ bits) * 0xBF58476D1CE4E5B9ull;
    h ^= h >> 29;
  }
  return h;
}

// Open addressing: for each vertex the first one at the same position.
std::vector<int32_t> FirstAtSamePosition(const std::vector<Eigen::Vector3d>& vertices) {
  size_t capacity = 16;
  while (capacity < 2 * vertices.size()) capacity *= 2;
  std::vector<int32_t> table(capacity, -1);
  std::vector<int32_t> first(vertices.size());
  for (size_t i = 0; i < vertices.size(); ++i) {
    size_t slot = HashPosition(vertices[i]) & (capacity - 1);
    while (table[slot] >= 0 && vertices[table[slot]] != vertices[i]) {
      slot = (slot + 1) & (capacity - 1);
    }
    if (table[slot] < 0) table[slot] = static_cast<int32_t>(i);
    first[i] = table[slot];
  }
  return first;
}

bool HasArea(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = b - a, ac = c - a, bc = c - b;
  const double longest2 = std::max({ab.squaredNorm(), ac.squaredNorm(), bc.squaredNorm()});
  return !(ab.cross(ac).norm() <= 1e-14 * longest2);
}

void DropUnusedVertices(TriangleMesh* mesh) {
  std::vector<int32_t> renumbered(mesh->vertices.size(), -1);
  for (const auto& face : mesh->faces) {
    for (int32_t v : face) renumbered[v] = 0;
  }
  int32_t count = 0;
  for (size_t i = 0; i < renumbered.size(); ++i) {
    if (renumbered[i] < 0) continue;
    mesh->vertices[count] = mesh->vertices[i];
    renumbered[i] = count++;
  }
  mesh->vertices.resize(count);
  for (auto& face : mesh->faces) {
    for (int32_t& v : face) v = renumbered[v];
  }
}

}  // namespace

Sphere BoundingSphere(const TriangleMesh& mesh) {
  if (mesh.faces.empty()) return {};
  constexpr double kInf = std::numeric_limits<double>::infinity();
  Eigen::Vector3d low = Eigen::Vector3d::Constant(kInf), high = -low;
  for (const auto& face : mesh.faces) {
    for (int32_t v : face) {
      low = low.cwiseMin(mesh.vertices[v]);
      high = high.cwiseMax(mesh.vertices[v]);
    }
  }
  Sphere sphere;
  sphere.center = 0.5 * (low + high);
  double radius2 = 0;
  for (const auto& face : mesh.faces) {
    for (int32_t v : face) {
      radius2 = std::max(radius2, (mesh.vertices[v] - sphere.center).squaredNorm());
    }
  }
  sphere.radius = std::sqrt(radius2);
  return sphere;
}

void CheckCoordinates(const TriangleMesh& mesh) {
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
    // Not a number compares as false.
    if (p.cwiseAbs().maxCoeff<Eigen::PropagateNaN>() <= kLargestCoordinate) continue;
    throw InputError(Format("vertex %zu is (%g, %g, %g); coordinates must lie within %g", i, p.x(),
                            p.y(), p.z(), kLargestCoordinate));
  }
}

CleanReport CleanMesh(TriangleMesh* mesh) {
  CHECK(mesh != nullptr);
  CHECK_LT(mesh->vertices.size(), static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  CheckCoordinates(*mesh);
  CleanReport report;
  const std::vector<int32_t> first = FirstAtSamePosition(mesh->vertices);
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i] != static_cast<int32_t>(i)) ++report.welded_vertices;
  }
  size_t kept = 0;
  for (auto face : mesh->faces) {
    for (int32_t& v : face) {
      CHECK(v >= 0 && static_cast<size_t>(v) < first.size()) << "vertex index " << v;
      v = first[v];
    }
    if (face[0] == face[1] || face[1] == face[2] || face[2] == face[0]) {
      ++report.repeated_indices;
    } else if (!HasArea(mesh->vertices[face[0]], mesh->vertices[face[1]],
                        mesh->vertices[face[2]])) {
      ++report.zero_area;
    } else {
      mesh->faces[kept++] = face;
    }
  }
  mesh->faces.resize(kept);
  DropUnusedVertices(mesh);
  return report;
}

}  // namespace ceres_align
