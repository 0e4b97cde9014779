// Which turns of the object look like the masks: candidates for a search without a start.
#pragma once

#include <functional>
#include <vector>

#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Cut off by the frame, or with an ignored region beside it, a mask's centroid and area mean
/// little.
enum class Whole {
  kNearly,  ///< cut off for up to 2 % of its bounding box's border, nothing ignored beside it
  kPartly,  ///< up to 25 %
};

/// Up to `count` poses (rig_from_run), most alike first, at least `min_angle_rad` apart in
/// rotation; of those that `allowed` (may be empty: all) lets pass. Empty if no mask is whole
/// enough.
///
/// Every mesh is drawn once from `directions` directions; each is turned in the image in steps of
/// 2π/64 against the largest whole mask, about the centroid and at the mask's size. The position
/// follows from centroid and area. Other whole views of the rig add how unlike their own masks it
/// looks, from the same table. The same bits for any number of threads.
std::vector<Rigid3d> PosesLikeMasks(const PreparedScene& scene, int directions, size_t count,
                                    double min_angle_rad, Whole whole,
                                    const std::function<bool(const Rigid3d&)>& allowed);

}  // namespace ceres_align
