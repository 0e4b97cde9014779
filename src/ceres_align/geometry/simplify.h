// Levels of detail for coarse images.
#pragma once

#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

struct SimplifiedMesh {
  TriangleMesh mesh;
  /// Edge of the cubic cells whose vertices became one (mesh units): no point of the surface
  /// moved by more than its diagonal, most by a fraction of it.
  double cell = 0;
};

/// For each number of `target_faces` the mesh with about so many faces: all vertices of a cubic
/// grid's cell become their mean, faces that vanish are dropped. The full mesh is read once for
/// all of them: every grid begins at the lowest corner of the bounding box, and its cells consist
/// of those of one fine grid. results[i] belongs to
/// target_faces[i]; fewer faces than asked for where the mesh has no more. Often non-manifold.
/// The same bits on every run. CHECKs a cleaned mesh with faces and positive targets.
std::vector<SimplifiedMesh> LevelsOfDetail(const TriangleMesh& mesh,
                                           const std::vector<int>& target_faces);

/// One of them.
SimplifiedMesh SimplifyByClustering(const TriangleMesh& mesh, int target_faces);

}  // namespace ceres_align
