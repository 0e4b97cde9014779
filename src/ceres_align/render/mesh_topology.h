// Edges of a triangle set and a consistent winding, where there is one. Vertices and faces are kept
// in an order in which neighbours are near; what belongs to a block of vertices is worked on by one
// thread, in memory that fits a core's cache. Results do not depend on the number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/contour_types.h"

namespace ceres_align {

/// Vertices along a Morton curve of their bounding box: order[new] = old, a permutation.
std::vector<int32_t> MortonOrder(const std::vector<Eigen::Vector3d>& points);

/// The mesh's faces with vertex v called new_index[v], in order of their three vertices sorted
/// (lowest first), winding kept. Of faces that have the same three vertices the first is kept.
std::vector<MeshFace> SortedFaces(const TriangleMesh& mesh, const std::vector<int32_t>& new_index);

/// A face at an edge, by the edge's higher vertex; as a number it sorts by that, then by face.
struct HalfEdge {
  uint64_t bits;

  static HalfEdge Of(int32_t high, int32_t face, int corner, bool runs_down) {
    return {static_cast<uint64_t>(high) << 32 | static_cast<uint64_t>(face) << 3 |
            static_cast<uint64_t>(corner) << 1 | (runs_down ? 1u : 0u)};
  }
  int32_t high() const { return static_cast<int32_t>(bits >> 32); }
  int32_t face() const { return static_cast<int32_t>((bits & 0xFFFFFFFFu) >> 3); }
  /// The edge runs from this corner of the face to the next, as the face is wound.
  int corner() const { return static_cast<int>(bits >> 1 & 3); }
  /// Whether the face's winding runs from the edge's higher vertex to its lower one.
  bool runs_down() const { return (bits & 1) != 0; }
  bool operator<(const HalfEdge& other) const { return bits < other.bits; }
};

/// The edges of sorted faces by blocks of consecutive lower vertices. Borrows the faces; the
/// windings are those at construction.
class EdgeBlocks {
 public:
  static constexpr int32_t kVertices = 4096;

  EdgeBlocks(const std::vector<MeshFace>& faces, size_t num_vertices);

  size_t num_blocks() const { return face_begin_.size() - 1; }

  /// visit(low, half_edges, n) for each edge of a block: its n > 0 faces, in order. Edges come in
  /// order of low, then high. May be called from several threads.
  template <typename Visit>
  void ForEachEdge(size_t block, const Visit& visit) const {
    std::vector<HalfEdge> half_edges;
    const std::vector<int32_t> begin = Gather(block, &half_edges);
    for (int32_t v = 0; v < kVertices; ++v) {
      for (int32_t i = begin[v], next = i; i < begin[v + 1]; i = next) {
        while (next < begin[v + 1] && half_edges[next].high() == half_edges[i].high()) ++next;
        visit(static_cast<int32_t>(block) * kVertices + v, &half_edges[i], next - i);
      }
    }
  }

 private:
  struct Spilled {
    int32_t low;
    HalfEdge half_edge;
  };
  std::vector<int32_t> Gather(size_t block, std::vector<HalfEdge>* half_edges) const;

  const std::vector<MeshFace>& faces_;
  std::vector<int32_t> face_begin_;   // by block of the faces' lowest vertex
  std::vector<int32_t> spill_begin_;  // by block
  std::vector<Spilled> spilled_;      // of faces that lie in an earlier block
};

/// Flips faces so that two faces at an edge run against each other wherever a flood over such
/// edges allows it (an unorientable surface keeps a seam).
void WindConsistently(const EdgeBlocks& edges, std::vector<MeshFace>* faces);

}  // namespace ceres_align
