// The poses that the page can show. Internal to report_html/.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"

namespace ceres_align::report_html_internal {

struct ReportPose {
  std::string label;
  Rigid3d rig_from_world;
};

/// From the scene's start, or what a search found first, over accepted steps (evenly thinned) to
/// the result: at most `most` (>= 2); two of them at least.
std::vector<ReportPose> PosesOfPath(const Scene& scene,
                                    const std::vector<AlignIteration>& iterations,
                                    const AlignResult& result, int most);

/// The result's other poses, best first, at most kMostAlternatives.
std::vector<ReportPose> PosesOfAlternatives(const AlignResult& result);
constexpr size_t kMostAlternatives = 6;

}  // namespace ceres_align::report_html_internal
