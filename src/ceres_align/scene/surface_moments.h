// Moments of a mesh's surface by area, from which the axes of its symmetries follow.
#pragma once

#include <Eigen/Core>
#include <complex>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// Centroid and second moments of the surface, exact; a symmetry of the mesh maps them onto
/// themselves, whatever the tessellation.
struct SurfaceMoments {
  Eigen::Vector3d center = Eigen::Vector3d::Zero();     ///< object's frame
  double radius = 0;                                    ///< of the farthest vertex from `center`
  Eigen::Vector3d principal = Eigen::Vector3d::Zero();  ///< of Σ dA x xᵀ / area, ascending
  Eigen::Matrix3d axes = Eigen::Matrix3d::Identity();   ///< column i belongs to principal[i]
};
SurfaceMoments MomentsOfSurface(const TriangleMesh& mesh);

/// ∫ (x + iy)^m dA / (area · farthest^m), x and y along the unit vectors, `farthest` the largest
/// distance from their normal: not 0 only where the
/// object's order about the normal of x and y divides m. Of a mirror plane through that normal at
/// the angle θ from x the argument is mθ modulo π.
std::complex<double> AzimuthMoment(const TriangleMesh& mesh, const SurfaceMoments& moments,
                                   const Eigen::Vector3d& x, const Eigen::Vector3d& y, int m);

/// Unit vectors at which ∫ (u·x)^p dA, p = 4 and 6, has maxima and minima, one of each pair ±u.
/// The axes of the cubic and icosahedral groups of order 3 and more are among them, and the axis of
/// any other group where its second moments do not tell it.
std::vector<Eigen::Vector3d> ExtremeAxes(const TriangleMesh& mesh, const SurfaceMoments& moments);

}  // namespace ceres_align
