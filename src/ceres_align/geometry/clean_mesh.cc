// CleanMesh: welding vertices, dropping faces that are none.
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/geometry/mesh.h"

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

// body(i) for all i < n, on all threads; what each does must not depend on the others.
template <typename Body>
void ForEachInBlocks(size_t n, const Body& body) {
  tbb::parallel_for(tbb::blocked_range<size_t>(0, n, 4096), [&](const auto& range) {
    for (size_t i = range.begin(); i < range.end(); ++i) body(i);
  });
}

struct HashedVertex {
  uint32_t hash;
  int32_t vertex;
};

// Vertices dealt into 256 parts by their hash, in order within each: part p is
// [begin[p], begin[p + 1]). Only vertices of one part can lie at the same position.
struct Parts {
  static constexpr int kCount = 256;
  std::vector<HashedVertex> vertices;
  size_t begin[kCount + 1] = {};
};

Parts DealByHash(const std::vector<Eigen::Vector3d>& vertices) {
  std::vector<uint64_t> hash(vertices.size());
  ForEachInBlocks(hash.size(), [&](size_t i) { hash[i] = HashPosition(vertices[i]); });
  Parts parts;
  parts.vertices.resize(vertices.size());
  for (const uint64_t h : hash) ++parts.begin[(h >> 56) + 1];
  for (int p = 0; p < Parts::kCount; ++p) parts.begin[p + 1] += parts.begin[p];
  size_t next[Parts::kCount];
  std::copy_n(parts.begin, Parts::kCount, next);
  for (size_t i = 0; i < hash.size(); ++i) {
    parts.vertices[next[hash[i] >> 56]++] = {static_cast<uint32_t>(hash[i]),
                                             static_cast<int32_t>(i)};
  }
  return parts;
}

// For each vertex the first one at the same position. Open addressing, a table for each part,
// which fits the cache.
std::vector<int32_t> FirstAtSamePosition(const std::vector<Eigen::Vector3d>& vertices) {
  const Parts parts = DealByHash(vertices);
  std::vector<int32_t> first(vertices.size());
  tbb::parallel_for(0, Parts::kCount, [&](int p) {
    const HashedVertex* const part = parts.vertices.data() + parts.begin[p];
    const size_t count = parts.begin[p + 1] - parts.begin[p];
    size_t capacity = 16;
    while (capacity < 2 * count) capacity *= 2;
    std::vector<int32_t> table(capacity, -1);  // indices into the part
    for (size_t i = 0; i < count; ++i) {
      const Eigen::Vector3d& position = vertices[part[i].vertex];
      size_t slot = part[i].hash & (capacity - 1);
      const auto taken_by_another = [&] {
        const HashedVertex& there = part[table[slot]];
        return there.hash != part[i].hash || vertices[there.vertex] != position;
      };
      while (table[slot] >= 0 && taken_by_another()) slot = (slot + 1) & (capacity - 1);
      if (table[slot] < 0) table[slot] = static_cast<int32_t>(i);
      first[part[i].vertex] = part[table[slot]].vertex;
    }
  });
  return first;
}

bool HasArea(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = b - a, ac = c - a, bc = c - b;
  const double longest2 = std::max({ab.squaredNorm(), ac.squaredNorm(), bc.squaredNorm()});
  return !(ab.cross(ac).norm() <= 1e-14 * longest2);
}

enum class FaceState : uint8_t { kKept, kRepeatedIndex, kZeroArea };

// Gives each face's corners their welded vertices.
std::vector<FaceState> WeldFaces(const std::vector<int32_t>& first, TriangleMesh* mesh) {
  std::vector<FaceState> states(mesh->faces.size());
  ForEachInBlocks(states.size(), [&](size_t i) {
    auto& face = mesh->faces[i];
    for (int32_t& v : face) {
      CHECK(v >= 0 && static_cast<size_t>(v) < first.size()) << "vertex index " << v;
      v = first[v];
    }
    const auto& vertices = mesh->vertices;
    states[i] =
        face[0] == face[1] || face[1] == face[2] || face[2] == face[0] ? FaceState::kRepeatedIndex
        : HasArea(vertices[face[0]], vertices[face[1]], vertices[face[2]]) ? FaceState::kKept
                                                                           : FaceState::kZeroArea;
  });
  return states;
}

void DropUnusedVertices(TriangleMesh* mesh) {
  std::vector<int32_t> renumbered(mesh->vertices.size(), -1);
  for (const auto& face : mesh->faces) {
    for (int32_t v : face) renumbered[v] = 0;
  }
  size_t count = 0;
  for (size_t i = 0; i < renumbered.size(); ++i) {
    if (renumbered[i] < 0) continue;
    if (count != i) mesh->vertices[count] = mesh->vertices[i];
    renumbered[i] = static_cast<int32_t>(count++);
  }
  if (count == mesh->vertices.size()) return;
  mesh->vertices.resize(count);
  for (auto& face : mesh->faces) {
    for (int32_t& v : face) v = renumbered[v];
  }
}

}  // namespace

void CheckCoordinates(const TriangleMesh& mesh) {
  std::atomic<bool> all_within = true;
  ForEachInBlocks(mesh.vertices.size(), [&](size_t i) {
    // Not a number compares as false.
    if (!(mesh.vertices[i].cwiseAbs().maxCoeff<Eigen::PropagateNaN>() <= kLargestCoordinate)) {
      all_within = false;
    }
  });
  for (size_t i = 0; !all_within && i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
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
  const std::vector<FaceState> states = WeldFaces(first, mesh);
  size_t kept = 0;
  for (size_t i = 0; i < states.size(); ++i) {
    if (states[i] == FaceState::kRepeatedIndex) ++report.repeated_indices;
    if (states[i] == FaceState::kZeroArea) ++report.zero_area;
    if (states[i] == FaceState::kKept) mesh->faces[kept++] = mesh->faces[i];
  }
  mesh->faces.resize(kept);
  DropUnusedVertices(mesh);
  return report;
}

}  // namespace ceres_align
