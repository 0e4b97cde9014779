// The last steps where masks are wrong in places or all along: what lies far from their outlines
// does not count, and masks that are too large or too small all round are set back.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ceres_align/solve/descent.h"
#include "ceres_align/solve/mask_treatment.h"

namespace ceres_align {

struct RobustFinish {
  std::shared_ptr<const PreparedScene> scene;  ///< with the weights of the last step
  std::vector<MaskTreatment> masks;            ///< by view
  Reached reached;                             ///< costs are those of `scene`
  int iterations = 0, evaluations = 0;
};

/// Whether masks are met as well as clean ones are: then nothing is to be done about them.
bool MetAsCleanOnesAre(const PreparedScene& scene, const Reached& reached);

/// From where the last level ended. Nothing where the options or the evidence do not ask for it.
/// The evidence (Choice::kAuto): a fit that leaves more than clean masks do. They leave 0.057 to
/// 0.066 px² per px of outline by sampling pixel centres, and under 0.01 where only the middles of
/// pixels are compared. And then
/// - robust: a hundredth of a view's rendered outline lies farther from its mask's than the rest of
///   it explains (Tukey's band of 4.685 robust sigmas, 3 px at least); and the pose found so leaves
///   out less than 40 % of any outline, hardly any to one of its two sides, and meets the rest as
///   clean masks are met (a network's masks, wrong all along, are not for it);
/// - offset: a binary mask undone by a step of whole pixels is met as clean ones are, and was not
///   before; or FitOffsets finds one between 0.2 and 3 px and above 4 sigma, and WeighOffsets
///   nothing else that explains it.
/// Binary masks are moved by a whole pixel step where that meets them better, so that
/// Descent::Sharpen still applies; else by a ramp (MovedMask).
std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const Reached& reached);

}  // namespace ceres_align
