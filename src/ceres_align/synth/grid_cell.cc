#include "ceres_align/synth/grid_cell.h"

#include <utility>

namespace ceres_align {
namespace {

using Triangles = std::vector<std::array<int8_t, 3>>;

// The crossed edge that follows each crossed edge round the surface; −1: not crossed. Round each
// face of the cell, counter-clockwise seen from outside, the surface leads from where the ring
// enters the inside to where it next leaves it.
std::array<int8_t, 12> Followers(int inside) {
  std::array<int8_t, 12> follower;
  follower.fill(-1);
  for (int face = 0; face < 6; ++face) {
    const int axis = face / 2, side = face % 2;
    std::array<int, 4> ring = {CornerOf(axis, side, 0, 0), CornerOf(axis, side, 1, 0),
                               CornerOf(axis, side, 1, 1), CornerOf(axis, side, 0, 1)};
    if (side == 0) std::swap(ring[1], ring[3]);
    const auto is_inside = [&](int i) { return (inside >> ring[i & 3] & 1) != 0; };
    for (int i = 0; i < 4; ++i) {
      if (is_inside(i) || !is_inside(i + 1)) continue;
      int exit = i + 1;
      while (is_inside(exit + 1)) ++exit;
      follower[EdgeBetween(ring[i], ring[(i + 1) & 3])] =
          static_cast<int8_t>(EdgeBetween(ring[exit & 3], ring[(exit + 1) & 3]));
    }
  }
  return follower;
}

Triangles TrianglesOf(int inside) {
  std::array<int8_t, 12> follower = Followers(inside);
  Triangles triangles;
  for (int8_t start = 0; start < 12; ++start) {
    if (follower[start] < 0) continue;
    std::vector<int8_t> loop;
    for (int8_t at = start; follower[at] >= 0;) {
      loop.push_back(at);
      const int8_t next = follower[at];
      follower[at] = -1;
      at = next;
    }
    for (size_t i = 2; i < loop.size(); ++i) triangles.push_back({loop[0], loop[i - 1], loop[i]});
  }
  return triangles;
}

}  // namespace

const Triangles& CubeTriangles(int inside) {
  static const auto* all = [] {
    auto* made = new std::array<Triangles, 256>;
    for (int i = 0; i < 256; ++i) (*made)[i] = TrianglesOf(i);
    return made;
  }();
  return (*all)[inside];
}

}  // namespace ceres_align
