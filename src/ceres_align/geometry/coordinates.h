// The coordinates with which the library can calculate.
#pragma once

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// At most this large, so that squares of areas, and moments, are finite.
constexpr double kLargestCoordinate = 1e50;

/// Throws InputError naming the first vertex that is not finite or beyond kLargestCoordinate.
/// CleanMesh does it.
void CheckCoordinates(const TriangleMesh& mesh);

}  // namespace ceres_align
