// The outlines of the silhouettes of a ceres::Problem, by the tangents of all its variable blocks.
#pragma once

#include <vector>

#include "ceres_align/assess/misfit.h"
#include "ceres_align/assess/problem_blocks.h"

namespace ceres_align {

/// A SilhouetteCostFunction of a problem, and what the problem does not know of it.
struct ProblemSilhouette {
  ceres::ResidualBlockId id;
  const Target* target = nullptr;  ///< the one behind its view's target; borrowed
  double radius = 0;               ///< of its mesh (ContourMesh::radius)
};

/// The outlines of all silhouettes at the problem's present values.
struct ProblemOutlines {
  std::vector<OutlinePixel> pixels;  ///< `view`: which silhouette; weighted by its ScaledLoss
  Eigen::MatrixXd by_unknowns;       ///< column i: ∂M of pixel i by the joint vector
  Misfit misfit;                     ///< of whole pixels, for the window that all have
  /// Of each variable with a PoseManifold that a silhouette depends on: the object's centre in the
  /// frame that the pose maps from, and the object's radius there.
  struct Center {
    size_t variable;
    Eigen::Vector3d point;
    double radius;
  };
  std::vector<Center> centers;
};

/// CHECKs that each is a SilhouetteCostFunction with a ScaledLoss or none, that there is an image
/// at the present values, and that all have one window.
ProblemOutlines OutlinesOf(const ceres::Problem& problem,
                           const std::vector<ProblemSilhouette>& silhouettes,
                           const ProblemBlocks& blocks, Rasterizer* rasterizer);

}  // namespace ceres_align
