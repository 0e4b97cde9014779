// A pose from the masks alone: every rotation is tried.
#pragma once

#include <cmath>
#include <vector>

#include "ceres_align/scene/pose_prior.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/search/search_options.h"
#include "ceres_align/solve/local_search.h"
#include "ceres_align/solve/progress.h"

namespace ceres_align {

/// Poses nearer to each other in rotation are one.
constexpr double kDistinctModes_rad = 4 * M_PI / 180;

/// `count` rotations spread evenly over all of SO(3) (super-Fibonacci spirals, Alexa, CVPR 2022).
std::vector<Eigen::Quaterniond> RotationGrid(int count);
/// Those that the prior allows, of a grid up to eight times finer: as fine as leaves at most
/// `count` of them. All, if it allows none.
std::vector<Eigen::Quaterniond> AllowedGrid(int count, const PriorTest& prior);

/// Where the object's centre must be, roughly, for the masks' centroids and areas: the mean over
/// the views that have a mask of the point on the centroid's ray at which the object would look
/// as large. rig_from_run, identity rotation.
Rigid3d PositionFromMasks(const PreparedScene& scene);

struct SearchResult {
  /// Best first, distinct in rotation: the first is the answer, the others are what else it could
  /// be. Never empty. Refined at full size, unless it was stopped.
  std::vector<ScoredPose> poses;
  int iterations = 0, evaluations = 0;
  bool stopped =
      false;  ///< by the callback; poses and costs are those of the stage that was reached
};

/// Stages: candidates from a table of silhouettes (table_search.h; a grid of rotations where no
/// mask is whole), each one's translation fitted to the masks' moments and scored at about 24 px;
/// the best search_refined by Levenberg–Marquardt there; of those that differ, the best
/// search_thinned at about 48 px, search_kept at about 96 px, search_finalists at full size. From
/// 48 px on a pose that costs five times the best is dropped, and at every stage what lies outside
/// the prior by more than the stage's own error; where nothing would be left, it stays. `thorough`:
/// three times as many at every stage, and up to thirty times the best's cost.
/// The callback is told after every stage. The same bits for any number of threads.
SearchResult SearchGlobally(const PreparedScene& scene, const SolveOptions& solve,
                            const SearchOptions& options, const PriorTest& prior, bool thorough,
                            const AlignCallback& callback);

}  // namespace ceres_align
