// The plain types of a prepared mesh (contour_mesh.h) and the float tests that cull it; one source
// for host and device.
#pragma once

#include <cstdint>

#include "ceres_align/base/hd.h"

namespace ceres_align {

/// Bounds over a group of faces, conservative in float: with v = camera − center, every face's
/// plane value n·camera + d lies in the interval of n·v + offset over the two boxes.
struct PlaneBounds {
  float center[3];
  float normal_low[3], normal_high[3];
  float offset_low, offset_high;  ///< of d + n·center
};

struct MeshFace {
  int32_t v[3];
};

/// Up to two of the faces at an edge, by their places in the cluster's own list (at most
/// kMostFaces): one whose winding runs along the edge and one whose winding runs back; the same
/// twice: the one along alone. An edge with more faces has more of these, one after the other,
/// and its m_e is their sum.
struct ClusterEdge {
  static constexpr int kMostFaces = 128;
  uint16_t bits;

  /// `corner`: the edge runs from this corner of the face along to the next; kContinues for all
  /// but the first of an edge.
  static constexpr int kContinues = 3;
  static ClusterEdge Of(int along, int back, int corner) {
    return {static_cast<uint16_t>(along | back << 7 | corner << 14)};
  }
  CA_HD int along() const { return bits & 127; }
  CA_HD int back() const { return bits >> 7 & 127; }
  CA_HD int corner() const { return bits >> 14; }
  CA_HD bool continues() const { return corner() == kContinues; }
  /// The share of m_e of these faces, from their sides: 1 where the camera is on the positive one,
  /// else 0.
  CA_HD int Multiplicity(int along_side, int back_side) const {
    return along() == back() ? 2 * along_side - 1 : 2 * (along_side - back_side);
  }
};

/// An edge with m_e != 0 (see silhouette_math.h), taken from v0 to v1.
struct ContourEdge {
  int32_t v0, v1;
  int32_t multiplicity;
};

/// Around some faces, conservative in float; relative to the mesh's centre.
struct FaceBall {
  float center[3];
  float radius;
};

/// The camera as seen from the centre of some PlaneBounds.
struct FloatView {
  float x, y, z;  ///< camera − centre of the bounds
  float size;     ///< |x| + |y| + |z|
};

CA_HD inline FloatView RelativeTo(const PlaneBounds& bounds, const Vec3& camera) {
  FloatView v;
  v.x = static_cast<float>(camera.x - bounds.center[0]);
  v.y = static_cast<float>(camera.y - bounds.center[1]);
  v.z = static_cast<float>(camera.z - bounds.center[2]);
  v.size = fabsf(v.x) + fabsf(v.y) + fabsf(v.z);
  return v;
}

/// A plane's value farther from 0 than this has the sign that double would give it: the relative
/// rounding of a float value against the double one is below 6e-7.
CA_HD inline float PlaneTolerance(const PlaneBounds& bounds, const FloatView& v) {
  constexpr float kFloatError = 1e-6f;
  return kFloatError * (v.size + Max(-bounds.offset_low, bounds.offset_high));
}

/// Whether all faces inside the bounds certainly show the camera the same side.
CA_HD inline bool OneSided(const PlaneBounds& bounds, const FloatView& v) {
  const float c[3] = {v.x, v.y, v.z};
  float low = bounds.offset_low, high = bounds.offset_high;
  for (int k = 0; k < 3; ++k) {
    const float a = bounds.normal_low[k] * c[k], b = bounds.normal_high[k] * c[k];
    low += Min(a, b);
    high += Max(a, b);
  }
  const float tolerance = PlaneTolerance(bounds, v);
  return low > tolerance || high < -tolerance;
}

/// n·v + offset in float, in the one order of operations that every backend uses.
CA_HD inline float PlaneValue(float nx, float ny, float nz, float offset, const FloatView& v) {
  return nx * v.x + ny * v.y + nz * v.z + offset;
}

}  // namespace ceres_align
