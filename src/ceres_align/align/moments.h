// Where an object must be for its masks' centroids and areas to fit: translation without a
// single contour in common.
#pragma once

#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

struct MaskMoments {
  double area_px = 0;
  double x_px = 0, y_px = 0;  ///< centroid, pixel centres
};
/// Weighted by the target's weights.
MaskMoments MomentsOf(const Target& target);

/// Up to `max_steps` Gauss–Newton steps on centroid and ½·log area over the views whose mask is
/// not empty; rotation stays. Depth changes by at most a factor of two a step. `views` and
/// `targets` belong together. Returns the pose of the lowest misfit met; `evaluations` is
/// increased by the batches rasterized.
Rigid3d FitTranslationToMoments(const std::vector<SilhouetteView>& views,
                                const std::vector<MaskMoments>& masks, Rasterizer* rasterizer,
                                const Rigid3d& rig_from_world, int max_steps, int* evaluations);

}  // namespace ceres_align
