// An alignment in which more than the rig's pose is unknown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/unknowns/unknowns.h"

namespace ceres_align {

struct UnknownsResult {
  /// Of the scene with the values found, with `unknowns` filled; its covariance and accuracy are
  /// those of the pose with all unknowns free. In units of the scaled mesh.
  AlignResult align;
  UnknownValues values;
  /// Of [pose (Assessment::covariance); for each camera model log f, cx, cy; for each place on the
  /// rig but the first [ω, v] of cam_from_rig (PoseManifold); log scale], those that are unknown.
  /// Absent where the masks and priors do not determine all.
  std::optional<Eigen::MatrixXd> joint_covariance;
  Scene scene;  ///< with the values in it, for what comes after
  PreparedMeshes meshes;
};

/// Align with unknowns. From a start: the pose with the values given, then all together, coarse to
/// fine. Without one: focal lengths in steps through their range, a search with each; of a mesh of
/// unknown scale one view is searched, and the others tell the scale. Where masks turn out to be
/// wrong in places (SolveOptions::robust, offset), the unknowns are solved for once more by the
/// weights that left that out. Throws InputError as Align does. Unknowns that nothing determines
/// (scale, seen by one camera) are held at their prior; see UnknownFit::why.
UnknownsResult AlignUnknowns(const Scene& scene, const UnknownOptions& unknowns,
                             Rasterizer* rasterizer, const AlignOptions& options,
                             const AlignCallback& callback = {});

/// The same with meshes that were prepared before (PrepareMeshes(scene)), as Align takes them.
UnknownsResult AlignUnknowns(const Scene& scene, const PreparedMeshes& meshes,
                             const UnknownOptions& unknowns, Rasterizer* rasterizer,
                             const AlignOptions& options, const AlignCallback& callback = {});

}  // namespace ceres_align
