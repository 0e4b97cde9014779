// The surface of the voxels that lie inside a closed shape: what shape-from-silhouette and other
// reconstructions on a grid give before anybody smooths them.
#pragma once

#include <Eigen/Core>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// Marching cubes of the grid points inside `closed` (winding number not 0: parts may overlap),
/// at `voxel` from each other along the axes; `phase`, in voxels, shifts the grid. A point is in
/// or out, so every vertex halves an edge of the grid: stairs of one voxel, faces in 26
/// directions, wound counter-clockwise seen from outside. No vertex is doubled; every edge has as
/// many faces along it as against it (two, rarely four). Thinner parts than a voxel break.
///
/// 5 million faces take about a second.
/// Throws InputError if the shape is not closed (some edge has not as many faces along it as
/// against it, by its indices: weld first) or spans over 30000 voxels; CHECKs voxel > 0 and the
/// mesh's indices.
TriangleMesh MakeVoxelHull(const TriangleMesh& closed, double voxel,
                           const Eigen::Vector3d& phase = Eigen::Vector3d::Zero());

}  // namespace ceres_align
