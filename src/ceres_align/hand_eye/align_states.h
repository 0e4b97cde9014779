// Align for scenes of many views: without a start the search takes a few of them.
#pragma once

#include "ceres_align/align/aligner.h"

namespace ceres_align {

/// As Align. Without a start, and with more than kSearchedViews views that have a mask, all
/// rotations are searched with the views of the largest masks only; every pose that fits those is
/// aligned to all views, as from a start, and the one of the least cost is the result. A fit to all
/// views that stays poor is searched for with all of them (SearchOptions::search_if_poor). Counts
/// and seconds are the sums of what was run; alternatives and initial_cost are those of that last
/// alignment.
AlignResult AlignStates(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                        const AlignOptions& options, const AlignCallback& callback = {});
constexpr size_t kSearchedViews = 2;

}  // namespace ceres_align
