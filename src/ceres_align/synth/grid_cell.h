// The numbering of a grid cell's corners and edges, and marching cubes' triangles. Internal to
// synth.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ceres_align {

// Corners are numbered by bits (x, y, z), edges by 4·axis + u + 2·v, where u and v are the lower
// end's coordinates along the axes that follow the edge's in cyclic order.
inline int CornerOf(int axis, int along, int u, int v) {
  return along << axis | u << (axis + 1) % 3 | v << (axis + 2) % 3;
}
inline int LowCorner(int edge) { return CornerOf(edge / 4, 0, edge & 1, edge >> 1 & 1); }
inline int EdgeBetween(int a, int b) {
  const int difference = a ^ b;
  const int axis = difference == 1 ? 0 : difference == 2 ? 1 : 2;
  return 4 * axis + (a >> (axis + 1) % 3 & 1) + 2 * (a >> (axis + 2) % 3 & 1);
}

/// The triangles, by edges, that part the corners in `inside` (one bit each) from the others,
/// counter-clockwise seen from outside. A face with two inside corners on its diagonal keeps
/// them apart, seen from both its cells, so that neighbouring cells' triangles meet.
const std::vector<std::array<int8_t, 3>>& CubeTriangles(int inside);

}  // namespace ceres_align
