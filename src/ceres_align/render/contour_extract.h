// Which edges of a prepared mesh are contour candidates for a camera.
#pragma once

#include <algorithm>
#include <vector>

#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/contour_mesh.h"

namespace ceres_align {

/// All contour edges, in a fixed order. `camera` is the camera's centre relative to mesh.center, in
/// the object's axes. Clusters whose bounds exclude a change of side are not touched.
void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges);

/// body(face) for all faces that may cross the view's near plane, in order.
template <typename Body>
void ForEachFaceNearPlane(const ContourMesh& mesh, const ViewGeometry& view, const Body& body) {
  for (size_t b = 0; b < mesh.face_balls.size(); ++b) {
    if (!MayCrossNear(view, mesh.face_balls[b])) continue;
    const size_t end = std::min(mesh.faces.size(), (b + 1) * ContourMesh::kBallFaces);
    for (size_t i = b * ContourMesh::kBallFaces; i < end; ++i) body(mesh.faces[i]);
  }
}

}  // namespace ceres_align
