// A pose from the masks alone: every rotation is tried.
#pragma once

#include <cmath>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/align/local_search.h"
#include "ceres_align/align/prepared_scene.h"

namespace ceres_align {

/// Poses nearer to each other in rotation are one.
constexpr double kDistinctModes_rad = 4 * M_PI / 180;

/// `count` rotations spread evenly over all of SO(3) (super-Fibonacci spirals, Alexa, CVPR 2022).
std::vector<Eigen::Quaterniond> RotationGrid(int count);

/// Where the object's centre must be, roughly, for the masks' centroids and areas: the mean over
/// the views that have a mask of the point on the centroid's ray at which the object would look
/// as large. rig_from_run, identity rotation.
Rigid3d PositionFromMasks(const PreparedScene& scene);

struct SearchCounts {
  int iterations = 0, evaluations = 0;
};

/// The best poses found, best first, distinct in rotation, refined at full size: the first is the
/// answer, the others are what else it could be (costs at full size). Never empty.
///
/// Stages: candidates from a table of silhouettes (table_search.h; a grid of rotations where no
/// mask is whole), each one's translation fitted to the masks' moments and scored at about 24 px;
/// the best search_refined by Levenberg–Marquardt there; of those that differ, the best
/// search_thinned at about 48 px, search_kept at about 96 px, search_finalists at full size. From
/// 48 px on a pose that costs five times the best is dropped.
/// The same bits for any number of threads.
std::vector<ScoredPose> SearchGlobally(const PreparedScene& scene, const AlignOptions& options,
                                       SearchCounts* counts);

}  // namespace ceres_align
