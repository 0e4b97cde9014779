// Edges of a triangle set and a consistent winding, where there is one.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/contour_mesh.h"

namespace ceres_align {

/// Vertices along a Morton curve of their bounding box: order[new] = old, a permutation.
std::vector<int32_t> MortonOrder(const std::vector<Vec3>& points);

/// Keeps one of the faces that have the same three vertices, the first.
void DropDuplicateFaces(std::vector<ContourMesh::Face>* faces, int64_t num_vertices);

/// All edges, grouped: edge i joins low[i] < high[i] and has the entries
/// [begin[i], begin[i+1]) of `faces`: 2·face + (1 if that face's winding runs high → low).
/// Edges are in order of low, then high; entries in order of face.
struct EdgeTable {
  std::vector<int32_t> low, high;
  std::vector<int64_t> begin;
  std::vector<int32_t> faces;
};
EdgeTable BuildEdgeTable(const std::vector<ContourMesh::Face>& faces, int64_t num_vertices);

/// Flips faces so that two faces at an edge run against each other wherever a flood over such
/// edges allows it (an unorientable surface keeps a seam), and updates the table.
void WindConsistently(std::vector<ContourMesh::Face>* faces, EdgeTable* table);

}  // namespace ceres_align
