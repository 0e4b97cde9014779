// Meshes as reconstruction from photographs gives them: stairs of a voxel, bumps, missing
// patches, fragments that float beside the object.
#pragma once

#include <cstdint>
#include <string>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

struct ScanOptions {
  /// The voxel follows from this: about 2.6 faces a voxel of the surface. Comes out within 5 %,
  /// before holes.
  int64_t target_faces = 100'000;
  /// Part of the way that each vertex goes to the mean of its neighbours, before the bumps; [0, 1].
  /// 0 leaves the stairs as sharp as marching cubes make them.
  double smoothing = 0.5;
  /// Rms along each axis of a smooth random displacement of the surface; voxels, [0, 1].
  double bump_voxels = 0.3;
  /// Distance over which that displacement changes; voxels, >= 1.
  double bump_length_voxels = 4;
  /// Patches without faces, in balls about random places of the surface, and the balls' radius,
  /// of the shape's bounding radius.
  int holes = 0;
  double hole_radius = 0.08;
  /// Closed lumps of 3 to 10 voxels across, but at most 0.06 of the bounding radius, up to 30
  /// voxels outside of random places.
  int fragments = 0;
  uint64_t seed = 1;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// The voxel hull (MakeVoxelHull) of a closed shape on a randomly turned grid, with bumps, holes
/// and fragments, in the shape's own frame. Without holes every edge has as many faces along it
/// as against it. From a typical view 3 to 9 % of all edges are contour edges, whatever the number
/// of faces. The same bits from the same seed. Throws InputError for bad options or an open shape.
TriangleMesh MakeScan(const TriangleMesh& closed, const ScanOptions& options);

/// The same of a shape by name (MakeShape, the same seed), made so finely that the scan shows its
/// own voxels and not the shape's facets.
TriangleMesh MakeScanOfShape(const std::string& shape, const ScanOptions& options);

}  // namespace ceres_align
