// What the other poses are, and whether they make the answer ambiguous.
#pragma once

#include "ceres_align/align/aligner.h"
#include "ceres_align/align/pose_prior.h"
#include "ceres_align/align/prepared_scene.h"

namespace ceres_align {

/// Sets result->observability, and for the pose at which the solve ended (which must meet a mask):
///   adds to result->alternatives, whose poses and cost ratios are set, those that the object's
///     own symmetries and the exchange of near and far suggest and that fit, so that they are
///     found without a search too;
///   fills kind, relation and view_iou of all of them; of those that only the same symmetry (or a
///     turn about a round axis) sets apart one is kept, and at most kMostListed in all;
///   sets result->ambiguous and ambiguity.
/// Poses that the prior forbids are left out. If one of the others costs less than the answer (a
/// descent has no way over to its twin), it becomes the answer and the old answer an alternative:
/// *rig_from_run, sharpened, final_cost and termination change. So does, of the object's discrete
/// symmetries, the one that the prior allows and that lies nearest the start, if they cost the
/// same. Returns whether that happened. Counts what it evaluates.
bool ExplainModes(const PreparedScene& prepared, const AlignOptions& options,
                  const PriorTest& prior, Rigid3d* rig_from_run, AlignResult* result);

constexpr size_t kMostListed = 8;

}  // namespace ceres_align
