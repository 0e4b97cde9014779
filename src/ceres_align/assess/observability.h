// How well the masks see each way the object could move.
#pragma once

#include "ceres_align/assess/assessment.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// At a pose, from H = Σ w JᵀJ of all views' last level, each pixel taken as a window of 1/window
/// (RasterJob). Absent if H is zero: nothing of any outline is seen.
///
/// A motion is unobserved if its information is below `unobserved` of that of the best seen shift.
/// There a rotation counts by how far it moves points at the object's radius, and a shift along a
/// viewing ray by the fraction of the distance, for a long lens does not make distance unseen.
std::optional<Observability> ObservabilityAt(const PreparedScene& prepared, int window,
                                             double unobserved, const Rigid3d& rig_from_run);

/// What a mesh of facets feigns of a round object's rotation stays below; see docs/modes.md.
constexpr double kUnobserved = 5e-4;
/// The same where the mesh is known to be round.
constexpr double kUnobservedOfRound = 2e-3;

}  // namespace ceres_align
