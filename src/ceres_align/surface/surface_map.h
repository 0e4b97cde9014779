// What a camera sees of a mesh at each pixel's centre: depth, face, normal and place.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// By ray casting through each pixel's centre, (column + 0.5, row + 0.5), undone from the lens.
struct SurfaceMap {
  Image<float> depth;   ///< Z in the camera, mesh units; 0: nothing is seen
  Image<int32_t> face;  ///< index of the face that is seen; -1: none
};

/// The nearest face on each pixel's ray, of any winding. Faces are intersected with the rays
/// themselves (edge functions in homogeneous coordinates: Olano and Greer, "Triangle scan
/// conversion using 2D homogeneous coordinates", 1997), in double: nothing is clipped, neighbouring
/// faces leave no hole, and the depth is exact to float. Of equally near faces the first is taken.
///
/// `threads` gives its threads only (Rasterizer::ForEach); the bits do not depend on them. CHECKs
/// the camera's size, its lens (WhyNoLens) and the mesh's indices.
SurfaceMap RenderSurface(const TriangleMesh& mesh, const Camera& camera,
                         const Rigid3d& cam_from_object, Rasterizer* threads);

/// A unit normal a vertex, object's frame: the mean of its faces' normals as they are wound, each
/// weighted by its angle there (Thürmer and Wüthrich, J. Graphics Tools 3, 1998). Zero where they
/// cancel.
std::vector<Eigen::Vector3f> VertexNormals(const TriangleMesh& mesh);

using Vector3Map = Image<Eigen::Vector3f>;

/// Unit normals, camera's frame, towards the camera; (0, 0, 0) where nothing is seen. With
/// `vertex_normals` (VertexNormals) interpolated over the face, else the face's own.
Vector3Map NormalMap(const TriangleMesh& mesh, const std::vector<Eigen::Vector3f>* vertex_normals,
                     const SurfaceMap& map, const Camera& camera, const Rigid3d& cam_from_object,
                     Rasterizer* threads);

/// Where each seen point lies: camera's frame. (0, 0, 0) where nothing is seen.
Vector3Map PositionMap(const SurfaceMap& map, const Camera& camera, Rasterizer* threads);

/// Every pixel of which `map` is not zero: turned, and moved by `translation` (both as given).
void Transform(const Eigen::Matrix3d& rotation, const Eigen::Vector3d& translation, Vector3Map* map,
               Rasterizer* threads);

}  // namespace ceres_align
