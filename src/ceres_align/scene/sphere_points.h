// Directions spread evenly over the sphere.
#pragma once

#include <Eigen/Core>

namespace ceres_align {

/// Point i of n on the unit sphere, evenly spread (spherical Fibonacci lattice).
Eigen::Vector3d SpherePoint(int i, int n);

}  // namespace ceres_align
