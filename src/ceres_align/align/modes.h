// What the other poses are, and whether they make the answer ambiguous.
#pragma once

#include "ceres_align/align/align_result.h"
#include "ceres_align/align/prepared_scene.h"

namespace ceres_align {

/// Fills kind, relation and view_iou of result->alternatives, whose poses and cost ratios are set,
/// and result->ambiguous and ambiguity.
void ExplainModes(const PreparedScene& prepared, AlignResult* result);

}  // namespace ceres_align
