// What the other poses are that the masks allow, and whether one of them is the better answer.
#pragma once

#include <vector>

#include "ceres_align/modes/alternative.h"
#include "ceres_align/scene/pose_prior.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/solution.h"
#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

struct OtherModes {
  std::vector<Alternative> alternatives;  ///< best first, at most kMostListed
  bool round = false;  ///< the object is round about an axis, and the masks allow that turn
};

/// For the pose at which a solve ended (which must meet a mask):
///   takes solution->others, and adds those that the object's own symmetries and the exchange of
///     near and far suggest and that fit, so that they are found without a search too;
///   fills every field of the alternatives; of those that only the same symmetry (or a turn about
///     a round axis) sets apart one is kept, and at most kMostListed in all.
/// Poses that the prior forbids are left out. If one of the others costs less than the answer (a
/// descent has no way over to its twin), it becomes the answer and the old answer an alternative:
/// pose, cost, sharpened and termination of *solution change. So does, of the object's discrete
/// symmetries, the one that the prior allows and that lies nearest the start, if they cost the
/// same. Counts what it evaluates.
OtherModes FindOtherModes(const PreparedScene& prepared, const SolveOptions& options,
                          const PriorTest& prior, Solution* solution);

constexpr size_t kMostListed = 8;

}  // namespace ceres_align
