// Where an object must be for its masks' centroids and areas to fit: translation without a
// single contour in common.
#pragma once

#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

struct MaskMoments {
  double area_px = 0;
  double x_px = 0, y_px = 0;  ///< centroid, pixel centres
  double size_px = 0;         ///< the root of the area of what counts, weighted alike
};
/// Weighted by the target's weights.
MaskMoments MomentsOf(const Target& target);

struct MomentFit {
  Rigid3d rig_from_world;
  double cost = 0;  ///< ½ Σ w (M − T)² over all views there
};

/// Per pose up to `max_steps` Gauss–Newton steps on centroid and ½·log area over the views whose
/// mask is not empty; rotations stay. Depth changes by at most a factor of two a step. A pose at
/// which no view sees the object is first moved onto the ray through a mask's centroid. Each
/// result is the pose of the lowest misfit met; steps end at a misfit of `good_misfit`, the
/// outline's displacement relative to the object's size. All poses and views of a step are one
/// batch; `evaluations` grows by one per pose and step. masks[i] belongs to views[i].
std::vector<MomentFit> FitTranslationsToMoments(const std::vector<SilhouetteView>& views,
                                                const std::vector<MaskMoments>& masks,
                                                Rasterizer* rasterizer,
                                                const std::vector<Rigid3d>& rig_from_world,
                                                int max_steps, double good_misfit,
                                                int* evaluations);

}  // namespace ceres_align
