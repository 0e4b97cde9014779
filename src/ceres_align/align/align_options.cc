#include "ceres_align/align/align_options.h"

namespace ceres_align {

void AlignOptions::Validate() const {
  SolveOptions::Validate();
  SearchOptions::Validate();
  AssessOptions::Validate();
}

}  // namespace ceres_align
