// Gathers the edges of a mesh into the clusters of a ContourMesh.
#pragma once

#include "ceres_align/render/contour_mesh.h"

namespace ceres_align {

/// Winds `mesh`'s faces consistently where that is possible, and fills num_regular_clusters,
/// edge_begin, face_begin, cluster_face and edges. Needs vertices and sorted faces
/// (mesh_topology.h). The same for any number of threads.
void MakeClusters(ContourMesh* mesh);

}  // namespace ceres_align
