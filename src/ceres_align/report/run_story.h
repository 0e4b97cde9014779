// A run as poses with a text each.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"

namespace ceres_align {

struct Caption {
  std::string text;
  int delay_cs;  ///< for so many hundredths of a second
};
struct Told {
  Rigid3d rig_from_world;
  Caption caption;
};
/// The scene's start (or, where no search tells of itself, what it found); of each stage of a
/// search the poses that were left (AlignIteration::searched), the best one last; accepted steps;
/// the result, for two seconds. Evenly thinned to max_frames (>= 4), first and last kept.
std::vector<Told> TellRun(const Scene& scene, const std::vector<AlignIteration>& iterations,
                          const AlignResult& result, int max_frames);

/// Which of `count` steps to show so that at most `max_frames` are: increasing indices, first and
/// last included. max_frames >= 2.
std::vector<int> ThinnedFrames(int count, int max_frames);

/// The views that are shown where there is room for `most`: all, or those of the least IoU, in the
/// scene's order.
std::vector<size_t> WorstViews(const AlignResult& result, size_t most);

}  // namespace ceres_align
