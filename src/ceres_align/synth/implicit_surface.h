// Surfaces given as the zero set of a function, and their triangulation.
#pragma once

#include <Eigen/Core>
#include <functional>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// Negative inside, about the signed distance near the surface.
using ScalarField = std::function<double(const Eigen::Vector3d&)>;

/// Triangulates the surface by surface nets: in each cell of a regular grid one vertex per
/// sheet of the surface that passes through it, moved onto the surface; about 3·area/cell² faces,
/// wound counter-clockwise seen from outside. The surface must lie inside the box. The result is
/// closed; it is a manifold where the grid resolves the surface (check with Analyze).
TriangleMesh PolygonizeSurface(const ScalarField& field, const Eigen::Vector3d& box_low,
                               const Eigen::Vector3d& box_high, double cell);

/// Each face in four; the new vertices are moved onto the surface.
TriangleMesh RefineOnSurface(const TriangleMesh& mesh, const ScalarField& field);

}  // namespace ceres_align
