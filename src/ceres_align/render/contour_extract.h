// Which edges of a prepared mesh are contour candidates for a camera.
#pragma once

#include <vector>

#include "ceres_align/render/contour_mesh.h"

namespace ceres_align {

/// An edge with m_e != 0 (see silhouette_math.h), taken from v0 to v1.
struct ContourEdge {
  int32_t v0, v1;
  int32_t multiplicity;
};

/// All of them, in a fixed order. `camera` is the camera's centre relative to mesh.center, in the
/// object's axes. Clusters whose bounds exclude a change of side are not touched.
void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges);

}  // namespace ceres_align
