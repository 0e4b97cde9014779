// Which faces of a cluster show the camera which side, and which of its edges lie between different
// ones: the innermost loops of finding a contour, many at a time.
#pragma once

#include <cstdint>

#include "ceres_align/render/bits.h"
#include "ceres_align/render/contour_types.h"

namespace ceres_align {

/// A bit for each face of a cluster, by its place in the cluster's list.
struct FaceBits {
  static_assert(ClusterEdge::kMostFaces == 128);
  uint64_t word[2] = {0, 0};

  bool Get(int i) const { return (word[i / 64] >> (i % 64) & 1) != 0; }
  void Set(int i, bool on) {
    const uint64_t bit = uint64_t{1} << (i % 64);
    word[i / 64] = on ? word[i / 64] | bit : word[i / 64] & ~bit;
  }
};

/// The planes of a cluster's faces: four arrays of n.
struct PlaneArrays {
  const float *x, *y, *z, *offset;
  int n;
};

/// *positive: where the plane's value is; *unsure: where it is nearer to 0 than the tolerance.
void SidesOfPlanes(const PlaneArrays& planes, const FloatView& v, float tolerance,
                   FaceBits* positive, FaceBits* unsure);

/// A bit for each of n <= 64 edges.
struct EdgeBits {
  uint64_t changed;  ///< its two faces show different sides
  uint64_t along;    ///< the face along it shows the positive one
};
EdgeBits ChangedEdges(const ClusterEdge* edges, int n, const FaceBits& positive);

}  // namespace ceres_align
