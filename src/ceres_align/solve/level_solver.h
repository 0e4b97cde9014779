// One level of the pyramid by Ceres' Levenberg–Marquardt.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"
#include "ceres_align/solve/progress.h"

namespace ceres_align {

struct LevelOptions {
  int max_iterations = 60;
  double step_px = 0.02;      ///< stop when a step moves the outline by less
  double cost_change = 1e-4;  ///< or the cost falls by less than this fraction
  double max_rotation_step_rad = 0.35;
  double max_translation_step = 1;  ///< mesh units
  double radius = 1;                ///< of the object, mesh units; turns angles into px
  /// Length of the masks' outlines: a step much smaller than the misfit per px of it ends the level
  /// too. 0: not known.
  double outline_px = 0;
  /// Once the cost is below this, a step shorter than early_step_px ends the level.
  double early_cost = 0, early_step_px = 0.1;
};

struct LevelResult {
  Rigid3d rig_from_world;
  double initial_cost = 0, final_cost = 0;
  int iterations = 0, evaluations = 0;
  double moved_px = 0;  ///< from the start to the end, at this level's size
  bool converged = false, stopped = false, failed = false;
  bool ended_early = false;  ///< by early_step_px
  std::string termination;
};

/// Called after each iteration with iteration, cost, step_px, accepted and rig_from_world set.
using LevelCallback = std::function<bool(AlignIteration)>;

/// Where the masks are off by more than half a pixel, Gauss–Newton's steps are too short, each a
/// fixed part of the one before: then the pose that they tend to is tried (Aitken's extrapolation)
/// and taken if its cost is lower.
LevelResult SolveLevel(const std::vector<SilhouetteView>& views, Rasterizer* rasterizer,
                       const Rigid3d& rig_from_world, const LevelOptions& options,
                       const LevelCallback& callback);

}  // namespace ceres_align
