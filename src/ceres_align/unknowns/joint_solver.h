// The rig's pose and the unknowns together, by Ceres' Levenberg–Marquardt.
#pragma once

#include <functional>

#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/unknowns/unknowns.h"

namespace ceres_align {

struct JointState {
  Rigid3d rig_from_run;  ///< see PreparedScene
  UnknownValues values;
};

struct JointOptions {
  size_t first_level = 0, last_level = 0;
  int max_iterations_per_level = 40;
  double cost_change = 1e-5;  ///< a level ends when the cost falls by less than this fraction
  int window = 1;             ///< of RasterJob, at the last level
};

struct JointResult {
  JointState state;
  double cost = 0;  ///< of the silhouettes, at the last level
  int iterations = 0, evaluations = 0;
  bool converged = false, stopped = false;
};

/// Called after each iteration with level, iteration and cost; false: stop.
using JointCallback = std::function<bool(size_t level, int iteration, double cost)>;

/// Minimises ½ Σ w (M − T)² + ½ s² Σ (difference from the prior / sigma)² over the pose and all
/// unknowns, level by level. s², the noise of a mask's outline, is the mean squared residual per px
/// of it where the level begins. `priors` are the values that the priors are about.
JointResult SolveJointly(const PreparedScene& scene, const SharedCameras& shared,
                         const UnknownOptions& unknowns, const UnknownValues& priors,
                         const JointState& start, const JointOptions& options,
                         const JointCallback& callback);

/// The silhouettes' cost at a state and level.
double CostAt(const PreparedScene& scene, const SharedCameras& shared, const JointState& state,
              size_t level);

}  // namespace ceres_align
