// Triangulation of one polygon by ear clipping. Internal to io/.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

namespace ceres_align::io_internal {

enum class Triangulation {
  kExact,        ///< a simple polygon, convex or concave (planar up to rounding)
  kApproximate,  ///< crosses itself or has no area: triangles that cover about the same
  kTooComplex,   ///< *budget is used up; nothing was appended
};

/// Appends n − 2 triangles of the polygon with these corners (n >= 3; indices into `vertices`),
/// in its winding. The polygon is seen along its Newell normal. *budget is reduced by the
/// number of point-in-triangle tests: ear clipping is quadratic, at worst cubic, in the corners.
Triangulation TriangulatePolygon(const std::vector<Eigen::Vector3d>& vertices,
                                 const int32_t* corners, int n, int64_t* budget,
                                 std::vector<std::array<int32_t, 3>>* faces);

}  // namespace ceres_align::io_internal
