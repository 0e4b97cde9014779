// Why an answer is not the only one, in words.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/assess/assessment.h"
#include "ceres_align/scene/symmetry.h"

namespace ceres_align {

/// Of the motions that are not observed and of the alternatives that fit; empty if the answer is
/// not ambiguous.
std::string AmbiguityInWords(const std::vector<Alternative>& alternatives,
                             const std::optional<Observability>& observability,
                             const MeshSymmetry& symmetry);

}  // namespace ceres_align
