#include "ceres_align/assess/assessment.h"

#include <algorithm>

#include "ceres_align/assess/verdict.h"

namespace ceres_align {

double Assessment::MeanIou() const {
  double sum = 0;
  int count = 0;
  for (const ViewResult& view : views) {
    if (view.mask_empty) continue;
    sum += view.iou;
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

bool Assessment::IsRight() const {
  return !checks.empty() && std::all_of(checks.begin(), checks.end(), [](const Check& check) {
    return check.passed || check.name == kAccuracyCheck;
  });
}

bool Assessment::IsUsable() const {
  return IsRight() &&
         std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed; });
}

}  // namespace ceres_align
