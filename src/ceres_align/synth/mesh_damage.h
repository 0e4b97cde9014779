// Mesh operations: turns a good mesh into the kinds of meshes users have: open, mixed winding,
// non-manifold, unwelded, with slivers and T-junctions; and splits faces without changing the
// surface.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// The winding of each face is reversed with probability `fraction`. Same surface.
TriangleMesh FlipRandomWinding(const TriangleMesh& mesh, double fraction, uint64_t seed);

/// Each face is removed with probability `fraction`.
TriangleMesh RemoveRandomFaces(const TriangleMesh& mesh, double fraction, uint64_t seed);

/// Adds `count` triangles that stand on a random edge of a face, outwards, `height` times the
/// edge long: these edges then have three faces.
TriangleMesh AddFins(const TriangleMesh& mesh, int count, double height, uint64_t seed);

/// Three vertices of its own for every face. Same surface.
TriangleMesh Unweld(const TriangleMesh& mesh);

/// Splits a random edge of `count` random faces at a point near one end (0.1–1 % of its length),
/// in that face only: leaves a T-junction in the neighbour and a sliver. Same surface but for
/// the rounding of the new point.
TriangleMesh AddSliversAndTJunctions(const TriangleMesh& mesh, int count, uint64_t seed);

/// Each face in four, at the edges' midpoints, `levels` times: 4^levels the faces. Shared edges
/// share their midpoint's vertex. Same surface but for the rounding of the midpoints.
TriangleMesh SubdivideMidpoint(const TriangleMesh& mesh, int levels);

/// One level of SubdivideMidpoint. The new vertices follow the old ones in order; ends[i] are the
/// ends of the edge that new vertex i halves.
TriangleMesh SplitFaces(const TriangleMesh& mesh, std::vector<std::array<int32_t, 2>>* ends);

/// Both meshes as one; no vertices are merged.
TriangleMesh Concatenate(const TriangleMesh& a, const TriangleMesh& b);

/// How a mesh is connected, by its indices (weld first).
struct Connectivity {
  int64_t border_edges = 0;        ///< edges with one face
  int64_t non_manifold_edges = 0;  ///< with more than two faces
  int64_t misoriented_edges = 0;   ///< with two faces that run along it in the same direction
  /// Vertices whose faces do not form one fan or one closed cycle; counted only where the edges
  /// above are all in order.
  int64_t non_manifold_vertices = 0;
  int64_t components = 0;  ///< sets of faces connected by shared vertices
  int64_t euler = 0;       ///< V − E + F over used vertices; 2 per closed sphere-like part
  bool closed_manifold() const {
    return border_edges == 0 && non_manifold_edges == 0 && misoriented_edges == 0 &&
           non_manifold_vertices == 0;
  }
};
Connectivity Analyze(const TriangleMesh& mesh);

}  // namespace ceres_align
