// How a mesh's surface is lit, for pictures of it.
#pragma once

#include <vector>

#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/surface/surface_map.h"

namespace ceres_align {

/// A mesh with the normals it is shown with: smooth where faces meet at a small angle, the faces'
/// own at edges.
class ShadedMesh {
 public:
  explicit ShadedMesh(const ContourMesh& mesh);

  /// The light that comes back from what is seen at each pixel's centre, above 0 to 1, from a lamp
  /// above the camera's left; 0 where nothing is seen. What is near is brighter, and steps in depth
  /// are dark lines, so that near is told from far.
  ImageF Light(const Camera& camera, const Rigid3d& cam_from_object, Rasterizer* threads) const;

 private:
  const Eigen::Vector3d center_;
  const double radius_;
  TriangleMesh mesh_;
  std::vector<Eigen::Vector3f> normals_;  // of the vertices
};

/// Pixels without light where `coverage` is above 0 get a neighbour's that has some, from the left
/// or above before the right or below.
void SpreadLight(const ImageF& coverage, ImageF* light);

}  // namespace ceres_align
