#include "ceres_align/align/align_result.h"

#include <algorithm>

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

const char* ToString(ModeKind kind) {
  switch (kind) {
    case ModeKind::kOther:
      return "other";
    case ModeKind::kSymmetry:
      return "symmetry";
    case ModeKind::kMirrorTwin:
      return "mirror_twin";
    case ModeKind::kReversal:
      return "reversal";
  }
  return "unknown";
}

double AlignResult::MeanIou() const {
  double sum = 0;
  int count = 0;
  for (const ViewResult& view : views) {
    if (view.mask_empty) continue;
    sum += view.iou;
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

bool AlignResult::IsUsable() const {
  return !checks.empty() &&
         std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed; });
}

}  // namespace ceres_align
