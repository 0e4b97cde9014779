// Which edges of a prepared mesh are contour candidates for a camera.
#pragma once

#include <vector>

#include "ceres_align/render/contour_mesh.h"

namespace ceres_align {

/// All contour edges, in a fixed order. `camera` is the camera's centre relative to mesh.center, in
/// the object's axes. Clusters whose bounds exclude a change of side are not touched.
void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges);

}  // namespace ceres_align
