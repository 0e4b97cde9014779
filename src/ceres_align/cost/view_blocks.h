// What a view's cost may depend on besides the rig's pose: which parameter blocks, their values,
// and the Gram matrix by their tangents.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "ceres_align/cost/silhouette_view.h"

namespace ceres_align {

constexpr int kIntrinsicsBlockSize = 4;  ///< [fx, fy, cx, cy], px of the camera's full size

/// Which blocks a view's cost has after rig_from_world (7), in this order.
struct ViewUnknowns {
  bool cam_from_rig = false;       ///< 7, PoseManifold
  bool intrinsics = false;         ///< 4; a Manifold ties or fixes some of them
  bool log_scale = false;          ///< 1: the mesh is exp(log_scale) times as large, about the
                                   ///< object's origin
  bool world_from_object = false;  ///< 7, PoseManifold

  bool any() const { return cam_from_rig || intrinsics || log_scale || world_from_object; }
  /// Of all blocks, the rig's pose included.
  std::vector<int> BlockSizes() const;
  int TangentSize() const;
};

/// The blocks of one view: borrowed; null: the view's own constant.
struct ViewBlocks {
  const double* rig_from_world = nullptr;  ///< never null
  const double* cam_from_rig = nullptr;
  const double* intrinsics = nullptr;
  const double* log_scale = nullptr;
  const double* world_from_object = nullptr;

  ViewBlocks() = default;
  /// The rig's pose alone.
  explicit ViewBlocks(const double* rig) : rig_from_world(rig) {}
  /// From a list in the order of ViewUnknowns.
  ViewBlocks(const ViewUnknowns& unknowns, double const* const* list);
  ViewUnknowns unknowns() const;
  /// In the order of ViewUnknowns.
  std::vector<const double*> List() const;
};

/// What the blocks say, or the view where they say nothing.
struct ViewValues {
  Rigid3d rig_from_world, cam_from_rig, world_from_object;
  Camera camera;
  double scale = 1;

  ViewValues(const SilhouetteView& view, const ViewBlocks& blocks);
  /// No image can be made with a focal length below 0, or a scale that overflows.
  bool IsValid() const;
  /// exp(log_scale)·mesh, seen: the image of the mesh itself from 1/scale of the way. `intrinsics`:
  /// of RasterJob.
  RasterJob Job(const SilhouetteView& view, bool intrinsics) const;
};

/// [J r]ᵀ[J r], J by the tangents of all blocks in their order (intrinsics: by all four numbers), r
/// last; from the result of values.Job(view, unknowns.intrinsics).
Eigen::MatrixXd BlockGram(const SilhouetteView& view, const ViewValues& values,
                          const ViewUnknowns& unknowns, const GramResult& result);

/// The columns by the tangents of the blocks other than intrinsics as combinations of the canonical
/// six (rasterizer.h): δ_canonical = A·[δ of the blocks in their order]; intrinsics have zero
/// columns.
Eigen::MatrixXd CanonicalFromBlocks(const SilhouetteView& view, const ViewValues& values,
                                    const ViewUnknowns& unknowns);

}  // namespace ceres_align
