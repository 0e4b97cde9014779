// What can be set about an alignment: its descents, its search, its judgement.
#pragma once

#include "ceres_align/assess/assess_options.h"
#include "ceres_align/search/search_options.h"
#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

struct AlignOptions : SolveOptions, SearchOptions, AssessOptions {
  /// Throws InputError naming the field.
  void Validate() const;
};

}  // namespace ceres_align
