// The last steps where masks are wrong in places: what lies far from their outlines does not count.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ceres_align/solve/level_solver.h"
#include "ceres_align/solve/mask_treatment.h"
#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

struct RobustFinish {
  std::shared_ptr<const PreparedScene> scene;  ///< with the weights of the last step
  std::vector<MaskTreatment> masks;            ///< by view
  LevelResult reached;                         ///< costs are those of `scene`
  int iterations = 0, evaluations = 0;
};

/// From where the last level ended. Nothing where the options or the evidence do not ask for it:
/// with Choice::kAuto a hundredth of a view's rendered outline must lie farther from its mask's than
/// the rest of it explains.
std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const LevelResult& reached);

}  // namespace ceres_align
