// URDF's simple shapes as meshes. Internal to robot/.
#pragma once

#include "ceres_align/geometry/mesh.h"

namespace ceres_align::robot_internal {

/// Centred at the origin, closed, wound counter-clockwise seen from outside. The vertices of curved
/// surfaces lie outside by half of what the middles of the faces would lie inside.
TriangleMesh BoxMesh(const Eigen::Vector3d& sides);
TriangleMesh CylinderMesh(double radius, double length);  ///< 128 sides, axis along z, capped
TriangleMesh SphereMesh(double radius);                   ///< 48 rings, 96 segments

}  // namespace ceres_align::robot_internal
