#include "ceres_align/solve/solution.h"

namespace ceres_align {

const char* ToString(AlignStatus status) {
  switch (status) {
    case AlignStatus::kConverged:
      return "converged";
    case AlignStatus::kNotConverged:
      return "not_converged";
    case AlignStatus::kNoOverlap:
      return "no_overlap";
    case AlignStatus::kStopped:
      return "stopped";
    case AlignStatus::kFailed:
      return "failed";
  }
  return "unknown";
}

AlignStatus StatusOf(const LevelResult& result) {
  return result.stopped     ? AlignStatus::kStopped
         : result.failed    ? AlignStatus::kFailed
         : result.converged ? AlignStatus::kConverged
                            : AlignStatus::kNotConverged;
}

}  // namespace ceres_align
