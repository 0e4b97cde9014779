// What a caller is told while a pose is looked for.
#pragma once

#include <functional>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// A pose that a search still has.
struct SearchedPose {
  Rigid3d rig_from_world;
  double cost;  ///< as AlignIteration's
};

/// One accepted or refused step, for progress lines and animations.
struct AlignIteration {
  int level;  ///< 0 is the coarsest
  int num_levels;
  int width_px, height_px;  ///< of the first view at this level
  int iteration;            ///< within the level; 0 is its start
  double cost;     ///< ½ Σ over views and pixels of w (M − T)², in pixels of this level
  double step_px;  ///< how far the step moved the outline, at most, in px of this level
  bool accepted;
  Rigid3d rig_from_world;  ///< the best pose so far at this level
  /// Above 0: no step, but a stage of a search has ended (`iteration` counts them); so many poses
  /// are left, of which cost and pose are the best's.
  int candidates = 0;
  bool thorough = false;  ///< of the second, more thorough search (SearchOptions::search_again)
  /// Of a stage of a search the poses that are left, best first, for pictures: at most
  /// kMostSearchedPoses, those within kSearchedApart_rad of a better one left out.
  std::vector<SearchedPose> searched = {};
  static constexpr size_t kMostSearchedPoses = 6;
  static constexpr double kSearchedApart_rad = 0.35;
};

/// Called on the thread that called Align, at each level of the descent that leads to the answer
/// and after each stage of a search (not for restarts and the steps of sharp_window); return false
/// to stop (kStopped).
using AlignCallback = std::function<bool(const AlignIteration&)>;

}  // namespace ceres_align
