#include "ceres_align/assess/assess_options.h"

#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

void AssessOptions::Validate() const {
  RequireOption(outline_tolerance >= 1 && outline_tolerance <= 100, "outline_tolerance",
                outline_tolerance, "from 1 to 100");
  RequireOption(require_rad > 0, "require_rad", require_rad, "above 0");
  RequireOption(require_of_distance > 0, "require_of_distance", require_of_distance, "above 0");
}

}  // namespace ceres_align
