// CleanMesh: welding vertices, dropping faces that are none.
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/geometry/fresh_memory.h"
#include "ceres_align/geometry/mesh.h"

namespace ceres_align {
namespace {

// Not a number compares as false.
bool IsWithin(const Eigen::Vector3d& p) {
  return std::abs(p.x()) <= kLargestCoordinate && std::abs(p.y()) <= kLargestCoordinate &&
         std::abs(p.z()) <= kLargestCoordinate;
}

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

constexpr size_t kChunk = size_t{1} << 16;
size_t NumChunks(size_t n) { return (n + kChunk - 1) / kChunk; }

// body(chunk, first, last) for all chunks of n items, on all threads.
template <typename Body>
void ForEachChunk(size_t n, const Body& body) {
  tbb::parallel_for(size_t{0}, NumChunks(n), [&](size_t chunk) {
    body(chunk, chunk * kChunk, std::min(n, (chunk + 1) * kChunk));
  });
}

// Vertices dealt into 512 parts by their hash, in order within each: part p is
// [begin[p], begin[p + 1]). Only vertices of one part can lie at the same position.
struct Parts {
  static constexpr int kCount = 512;
  static int Of(uint64_t hash) { return static_cast<int>(hash >> 55); }
  std::unique_ptr<HashedVertex[]> vertices;
  size_t begin[kCount + 1] = {};
};

Parts DealByHash(const std::vector<Eigen::Vector3d>& vertices) {
  const size_t n = vertices.size();
  // How many of a part each chunk has, then where they begin.
  std::vector<std::array<uint32_t, Parts::kCount>> next(NumChunks(n));
  ForEachChunk(n, [&](size_t chunk, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) ++next[chunk][Parts::Of(HashPosition(vertices[i]))];
  });
  Parts parts;
  uint32_t sum = 0;
  for (int p = 0; p < Parts::kCount; ++p) {
    parts.begin[p] = sum;
    for (auto& of_chunk : next) {
      const uint32_t count = of_chunk[p];
      of_chunk[p] = sum;
      sum += count;
    }
  }
  parts.begin[Parts::kCount] = sum;
  parts.vertices.reset(new HashedVertex[n]);
  FetchMemory(parts.vertices.get(), n * sizeof(HashedVertex));
  // The hash again: cheaper than to keep it.
  ForEachChunk(n, [&](size_t chunk, size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      const uint64_t hash = HashPosition(vertices[i]);
      parts.vertices[next[chunk][Parts::Of(hash)]++] = {static_cast<uint32_t>(hash),
                                                        static_cast<int32_t>(i)};
    }
  });
  return parts;
}

using Repeats = std::vector<std::pair<int32_t, int32_t>>;  // a vertex, the first at its position

// Of one part, by open addressing in `table`, which fits the cache.
void FindRepeats(const std::vector<Eigen::Vector3d>& vertices, const HashedVertex* begin,
                 const HashedVertex* end, std::vector<HashedVertex>* table, Repeats* repeats) {
  size_t capacity = 16;
  while (capacity < 2 * static_cast<size_t>(end - begin)) capacity *= 2;
  table->assign(capacity, {0, -1});
  for (const HashedVertex* own = begin; own != end; ++own) {
    size_t slot = own->hash & (capacity - 1);
    for (;; slot = (slot + 1) & (capacity - 1)) {
      HashedVertex& there = (*table)[slot];
      if (there.vertex < 0) {
        there = *own;
        break;
      }
      if (there.hash == own->hash && vertices[there.vertex] == vertices[own->vertex]) {
        repeats->emplace_back(own->vertex, there.vertex);
        break;
      }
    }
  }
}

// Each vertex that lies where an earlier one does, with the first of these.
std::vector<Repeats> RepeatedVertices(const std::vector<Eigen::Vector3d>& vertices) {
  const Parts parts = DealByHash(vertices);
  std::vector<Repeats> repeats(Parts::kCount);
  tbb::enumerable_thread_specific<std::vector<HashedVertex>> tables;
  tbb::parallel_for(0, Parts::kCount, [&](int p) {
    const HashedVertex* const all = parts.vertices.get();
    FindRepeats(vertices, all + parts.begin[p], all + parts.begin[p + 1], &tables.local(),
                &repeats[p]);
  });
  return repeats;
}

// For each vertex the first one at the same position; empty where all are at places of their own.
std::vector<int32_t> FirstAtSamePosition(const std::vector<Eigen::Vector3d>& vertices,
                                         int64_t* welded) {
  const std::vector<Repeats> repeats = RepeatedVertices(vertices);
  *welded = 0;
  for (const Repeats& of_part : repeats) *welded += static_cast<int64_t>(of_part.size());
  if (*welded == 0) return {};
  std::vector<int32_t> first(vertices.size());
  std::iota(first.begin(), first.end(), 0);
  for (const Repeats& of_part : repeats) {
    for (const auto& [vertex, first_there] : of_part) first[vertex] = first_there;
  }
  return first;
}

bool HasArea(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = b - a, ac = c - a, bc = c - b;
  const double longest2 = std::max({ab.squaredNorm(), ac.squaredNorm(), bc.squaredNorm()});
  return !(ab.cross(ac).norm() <= 1e-14 * longest2);
}

enum class FaceState { kKept, kRepeatedIndex, kZeroArea };

FaceState StateOf(const std::array<int32_t, 3>& face,
                  const std::vector<Eigen::Vector3d>& vertices) {
  if (face[0] == face[1] || face[1] == face[2] || face[2] == face[0]) {
    return FaceState::kRepeatedIndex;
  }
  return HasArea(vertices[face[0]], vertices[face[1]], vertices[face[2]]) ? FaceState::kKept
                                                                          : FaceState::kZeroArea;
}

struct DroppedFaces {
  int64_t repeated_indices = 0, zero_area = 0;
  bool any() const { return repeated_indices + zero_area > 0; }
};

// Gives each face's corners their welded vertices; what is to be dropped, by chunks.
std::vector<DroppedFaces> WeldFaces(const std::vector<int32_t>& first, TriangleMesh* mesh) {
  std::vector<DroppedFaces> dropped(NumChunks(mesh->faces.size()));
  const size_t num_vertices = mesh->vertices.size();
  ForEachChunk(mesh->faces.size(), [&](size_t chunk, size_t begin, size_t end) {
    DroppedFaces& sum = dropped[chunk];
    for (size_t i = begin; i < end; ++i) {
      auto& face = mesh->faces[i];
      for (int32_t& v : face) {
        CHECK(v >= 0 && static_cast<size_t>(v) < num_vertices) << "vertex index " << v;
        if (!first.empty()) v = first[v];
      }
      const FaceState state = StateOf(face, mesh->vertices);
      sum.repeated_indices += state == FaceState::kRepeatedIndex;
      sum.zero_area += state == FaceState::kZeroArea;
    }
  });
  return dropped;
}

void DropFaces(const std::vector<DroppedFaces>& dropped, TriangleMesh* mesh) {
  std::vector<std::array<int32_t, 3>>& faces = mesh->faces;
  size_t kept = 0;
  for (size_t chunk = 0; chunk < dropped.size(); ++chunk) {
    const size_t end = std::min(faces.size(), (chunk + 1) * kChunk);
    const bool all = !dropped[chunk].any();
    for (size_t i = chunk * kChunk; i < end; ++i) {
      if (all || StateOf(faces[i], mesh->vertices) == FaceState::kKept) faces[kept++] = faces[i];
    }
  }
  faces.resize(kept);
}

bool UsesAllVertices(const TriangleMesh& mesh) {
  const std::unique_ptr<std::atomic<uint8_t>[]> used(
      new std::atomic<uint8_t>[mesh.vertices.size()]());
  ForEachInBlocks(mesh.faces.size(), [&](size_t i) {
    for (const int32_t v : mesh.faces[i]) used[v].store(1, std::memory_order_relaxed);
  });
  for (size_t v = 0; v < mesh.vertices.size(); ++v) {
    if (used[v].load(std::memory_order_relaxed) == 0) return false;
  }
  return true;
}

void DropUnusedVertices(TriangleMesh* mesh) {
  if (UsesAllVertices(*mesh)) return;
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
  mesh->vertices.resize(count);
  for (auto& face : mesh->faces) {
    for (int32_t& v : face) v = renumbered[v];
  }
}

}  // namespace

void CheckCoordinates(const TriangleMesh& mesh) {
  std::atomic<bool> all_within = true;
  ForEachInBlocks(mesh.vertices.size(), [&](size_t i) {
    if (!IsWithin(mesh.vertices[i])) all_within = false;
  });
  for (size_t i = 0; !all_within && i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
    if (IsWithin(p)) continue;
    throw InputError(Format("vertex %zu is (%g, %g, %g); coordinates must lie within %g", i, p.x(),
                            p.y(), p.z(), kLargestCoordinate));
  }
}

CleanReport CleanMesh(TriangleMesh* mesh) {
  CHECK(mesh != nullptr);
  CHECK_LT(mesh->vertices.size(), static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  CheckCoordinates(*mesh);
  CleanReport report;
  const std::vector<int32_t> first = FirstAtSamePosition(mesh->vertices, &report.welded_vertices);
  const std::vector<DroppedFaces> dropped = WeldFaces(first, mesh);
  for (const DroppedFaces& of_chunk : dropped) {
    report.repeated_indices += of_chunk.repeated_indices;
    report.zero_area += of_chunk.zero_area;
  }
  if (report.repeated_indices + report.zero_area > 0) DropFaces(dropped, mesh);
  DropUnusedVertices(mesh);
  return report;
}

}  // namespace ceres_align
