// How deep a mesh lies behind each pixel.
#pragma once

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// Depths Z along the camera's axis, mesh units, at the pixels' centres.
struct DepthRange {
  ImageF nearest, farthest;  ///< 0 where the mesh is not; both empty where it is at no pixel
  bool empty() const { return nearest.empty(); }
};

/// Of all surfaces that a pixel's ray meets, front and back. Triangles that reach behind the camera
/// are left out; through a lens, straight edges stay straight. It is for telling what is in front
/// of what, not for the outline.
DepthRange RenderDepthRange(const TriangleMesh& mesh, const Rigid3d& cam_from_object,
                            const Camera& camera);

/// The same with every pixel where the mesh is not given the depths of the nearest where it is (by
/// steps to the eight neighbours).
DepthRange SpreadOverImage(const DepthRange& depths);

}  // namespace ceres_align
