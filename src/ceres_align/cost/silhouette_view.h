// A view as the rasterizer knows it.
#pragma once

#include "ceres_align/cost/gram_rows.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// What a view needs besides the rig's pose; ids are the rasterizer's.
struct SilhouetteView {
  MeshId mesh = 0;
  TargetId target = 0;
  /// Rasterizer::MeshCenter of `mesh`; what takes a view together with a rasterizer fills it in.
  Eigen::Vector3d mesh_center_in_object = Eigen::Vector3d::Zero();
  Camera camera;         ///< of the target's size
  Rigid3d cam_from_rig;  ///< the rig's tie
  Rigid3d world_from_object;
  int window = 1;  ///< of RasterJob
  /// Of the target's size over that of the camera whose intrinsics are unknown (ViewBlocks).
  Eigen::Vector2d px_per_full_px = Eigen::Vector2d::Ones();

  RasterJob Job(const Rigid3d& rig_from_world) const;
  /// The Gram matrix by PoseManifold's tangent of rig_from_world.
  Matrix7d Gram(const GramResult& result, const Rigid3d& rig_from_world) const;
};

}  // namespace ceres_align
