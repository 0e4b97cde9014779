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

/// From where the last level ended. Nothing where the options or the evidence do not ask for it.
/// The evidence (Choice::kAuto), where a fit leaves more than sampling pixel centres does:
/// - robust: a hundredth of a view's rendered outline lies farther from its mask's than the rest of
///   it explains (Tukey's band of 4.685 robust sigmas, 3 px at least);
/// - offset: FitOffsets finds one above 0.2 px and 4 sigma; or, with binary masks, above 0.5 px and
///   2 sigma if undoing a step of whole pixels lowers the cost by a fifth.
/// Binary masks are moved by a whole pixel step where that meets them as clean ones are met, so
/// that Descent::Sharpen still applies; else by a ramp (MovedMask).
std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const LevelResult& reached);

}  // namespace ceres_align
