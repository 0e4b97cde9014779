// The stages of an alignment whose scene is prepared, for those that run more than one.
#pragma once

#include "ceres_align/align/align_options.h"
#include "ceres_align/align/align_result.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/progress.h"

namespace ceres_align {

/// The pose alone: from `start` (rig_from_run; null: all rotations are searched).
Solution SolvePrepared(const PreparedScene& prepared, const AlignOptions& options,
                       const PriorTest& prior, const Rigid3d* start, const AlignCallback& callback);

/// All of Align but the preparation. `where` (may be null) gets what the result was made of.
AlignResult AlignPrepared(const PreparedScene& prepared, const AlignOptions& options,
                          const PriorTest& prior, const Rigid3d* start,
                          const AlignCallback& callback, Solution* where);

}  // namespace ceres_align
