// Levels of detail for coarse images.
#pragma once

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

struct SimplifiedMesh {
  TriangleMesh mesh;
  /// Edge of the cubic cells whose vertices became one (mesh units): no point of the surface
  /// moved by more than its diagonal, most by a fraction of it.
  double cell = 0;
};

/// Merges all vertices of a cubic grid's cell into their mean and drops the faces that vanish;
/// the grid is chosen for about `target_faces` faces. The result is often non-manifold. Same bits
/// on every run. CHECKs a cleaned mesh with faces and a positive target.
SimplifiedMesh SimplifyByClustering(const TriangleMesh& mesh, int target_faces);

}  // namespace ceres_align
