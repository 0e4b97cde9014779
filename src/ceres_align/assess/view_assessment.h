// How each view of a pose lies to its mask.
#pragma once

#include <vector>

#include "ceres_align/assess/assessment.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// At full size, with the mesh itself and the masks as the solve took them (set back where they are
/// too large all round), but by the weights that were given: what the solve left out is judged too.
/// Lengths that count as far are taken times
/// `outline_tolerance`. Side by side on the rasterizer's threads, unless
/// the images are very large.
std::vector<ViewResult> JudgeViews(const PreparedScene& prepared, double outline_tolerance,
                                   const Rigid3d& rig_from_run);

}  // namespace ceres_align
