#include "ceres_align/align/verdict.h"

#include <algorithm>
#include <cstdio>

namespace ceres_align {
namespace {

constexpr double kLeastMeanIou = 0.85, kLeastIou = 0.7;

Check OverlapCheck(const AlignResult& result) {
  double least = 1;
  for (const ViewResult& view : result.views) {
    if (!view.mask_empty) least = std::min(least, view.iou);
  }
  char text[160];
  std::snprintf(text, sizeof(text), "mean IoU %.4f (at least %g), least %.4f (at least %g)",
                result.MeanIou(), kLeastMeanIou, least, kLeastIou);
  return {"overlap", result.MeanIou() >= kLeastMeanIou && least >= kLeastIou, text};
}

}  // namespace

std::vector<Check> ChecksOf(const AlignResult& result) {
  return {{"termination", result.status == AlignStatus::kConverged, result.termination},
          OverlapCheck(result),
          {"ambiguity", !result.ambiguous,
           result.ambiguous ? result.ambiguity : "no other pose found fits as well"}};
}

}  // namespace ceres_align
