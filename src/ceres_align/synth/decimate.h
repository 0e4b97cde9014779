// Fewer faces for a closed manifold.
#pragma once

#include <cstdint>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// Collapses edges in the order of their quadric error until at most `target_faces` are left,
/// or no edge may collapse: none that would change the topology or turn a face over. The input
/// must be a closed manifold (Analyze); so is the result. Unused vertices are dropped.
TriangleMesh DecimateManifold(const TriangleMesh& mesh, int64_t target_faces);

}  // namespace ceres_align
