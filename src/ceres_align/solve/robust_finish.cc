#include "ceres_align/solve/robust_finish.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "ceres_align/solve/mask_offset.h"
#include "ceres_align/solve/offset_evidence.h"

namespace ceres_align {
namespace {

// Mean squared residual per px of outline that clean masks leave at most: of whole pixels, and of
// their middles. Masks one pixel too large leave 0.035 and more of the latter.
constexpr double kUnremarkable = 0.066, kSharpUnremarkable = 0.015;
// So much of a view's outline must lie farther off than this part of the band that its scale gives.
constexpr double kFarShare = 0.01, kFarOfBand = 0.6;
constexpr int kRounds = 2;
// Only a part of a mask is wrong, and the pose is right, where less of the outline was left out,
// hardly any to one of its sides, and where the rest lies as on clean masks, in the means over
// stretches (0.06 to 0.16 px, rarely 0.25; at wrong poses 0.4 and more; masks by networks 0.2 and
// more).
constexpr double kMostLeftOut = 0.4, kMostOnBothSides = 0.05, kMostOfRest_px = 0.2;
constexpr double kFewLeftOut = 0.05, kPoorRest_px = 0.5;
// An offset is clear between these sizes and from so many sigmas on.
constexpr double kLeastOffset_px = 0.2, kMostOffset_px = 3, kLeastSigmas = 4;
// A step of whole pixels is tried where it is so near to the offset. Without other evidence only
// where the misfit of the middles of pixels is small: then a change of depth hides most of it.
constexpr double kNearStep_px = 0.45, kNearStepSigmas = 6, kHiddenMisfit = 0.1;
constexpr int kMostTries = 5;
constexpr double kClearlyLess = 0.7;  // of a misfit

using Outlines = std::vector<std::vector<OutlineOffset>>;

bool AnyFar(const Outlines& outlines, const std::vector<MaskTreatment>& masks) {
  for (size_t i = 0; i < outlines.size(); ++i) {
    MaskTreatment test = masks[i];
    test.band_px = kFarOfBand * BandOf_px(outlines[i], test.offset_px);
    MeasureTreated(outlines[i], &test);
    if (test.left_out() > kFarShare) return true;
  }
  return false;
}

// Hardly anything would be left out, which cannot have led the pose astray, and the rest lies far
// worse than on clean masks: masks by networks, for which a band does nothing.
bool PoorAllAlong(const Outlines& outlines, const std::vector<MaskTreatment>& masks) {
  bool any = false;
  for (size_t i = 0; i < outlines.size(); ++i) {
    if (outlines[i].empty()) continue;
    MaskTreatment test = masks[i];
    test.band_px = BandOf_px(outlines[i], test.offset_px);
    MeasureTreated(outlines[i], &test);
    if (test.left_out() > kFewLeftOut || test.coherent_rms_px < kPoorRest_px) return false;
    any = true;
  }
  return any;
}

bool OnlyPartsWereLeftOut(const std::vector<MaskTreatment>& masks) {
  return std::all_of(masks.begin(), masks.end(), [](const MaskTreatment& mask) {
    return mask.left_out() < kMostLeftOut &&
           std::min(mask.inside, mask.outside) < kMostOnBothSides &&
           mask.coherent_rms_px < kMostOfRest_px;
  });
}

struct StepTry {
  PixelStep step = PixelStep::kNone;
  double offset_px = 0;  // as MaskTreatment's
};

// A pixel step for each view, nearest to the fitted offsets first.
std::vector<std::vector<StepTry>> StepsToTry(const std::vector<MaskOffset>& offsets) {
  std::vector<std::vector<StepTry>> of_view(offsets.size());
  size_t tries = 0;
  for (size_t i = 0; i < offsets.size(); ++i) {
    const double near_px = std::max(kNearStep_px, kNearStepSigmas * offsets[i].sigma_px);
    const auto apart_px = [&](const StepTry& t) {
      return std::abs(t.offset_px - offsets[i].offset_px);
    };
    for (const PixelStep step : {PixelStep::kNone, PixelStep::kFour, PixelStep::kEight}) {
      for (const int sign : {1, -1}) {
        const StepTry t{step, sign * SizeOf_px(step)};
        if (apart_px(t) < near_px && (step != PixelStep::kNone || sign > 0))
          of_view[i].push_back(t);
      }
    }
    std::stable_sort(of_view[i].begin(), of_view[i].end(),
                     [&](const StepTry& a, const StepTry& b) { return apart_px(a) < apart_px(b); });
    tries = std::max(tries, of_view[i].size());
  }
  std::vector<std::vector<StepTry>> steps;
  for (size_t k = 0; k < std::min<size_t>(tries, kMostTries); ++k) {
    std::vector<StepTry> of_all;
    for (const std::vector<StepTry>& own : of_view) {
      of_all.push_back(own.empty() ? StepTry() : own[std::min(k, own.size() - 1)]);
    }
    const bool any = std::any_of(of_all.begin(), of_all.end(),
                                 [](const StepTry& t) { return t.step != PixelStep::kNone; });
    if (any) steps.push_back(of_all);
  }
  return steps;
}

class Finisher {
 public:
  Finisher(const PreparedScene& scene, const SolveOptions& options, const Reached& reached)
      : scene_(scene), options_(options), meter_(scene), last_(scene.last_level()) {
    finish_.reached = reached;
    finish_.masks.resize(scene.num_views());
  }

  std::optional<RobustFinish> Run() {
    const bool may_move = options_.offset != Choice::kOff;
    bool moved = may_move && TakeOffsets();
    const bool banded = options_.robust != Choice::kOff && TakeBands();
    // What was left out may have hidden it.
    if (banded && !moved) moved = may_move && TakeOffsets();
    if (!banded && !moved) return std::nullopt;
    return std::move(finish_);
  }

 private:
  const Rigid3d& pose() const { return finish_.reached.plain.rig_from_world; }

  bool TakeBands() {
    const Outlines outlines = meter_.Measure(pose());
    if (options_.robust == Choice::kAuto &&
        (!AnyFar(outlines, finish_.masks) || PoorAllAlong(outlines, finish_.masks))) {
      return false;
    }
    const RobustFinish before = finish_;
    banded_ = true;
    Solve(pose(), outlines);
    if (options_.robust == Choice::kOn || OnlyPartsWereLeftOut(finish_.masks)) return true;
    banded_ = false;
    Restore(before);
    return false;
  }

  void Sharpen() {
    const AlignCallback silent;
    Descent descent(finish_.scene ? *finish_.scene : scene_, options_, silent);
    descent.Sharpen(&finish_.reached);
    Count(descent);
  }

  bool TakeOffsets() {
    const bool sure = options_.offset == Choice::kOn;
    Sharpen();
    if (!sure && MetAsCleanOnesAre(scene_, finish_.reached)) return false;
    const OffsetEvidence evidence = WeighOffsets(scene_, meter_, pose());
    const bool hidden = finish_.reached.sharp && finish_.reached.sharp_misfit < kHiddenMisfit;
    const bool step = scene_.masks_binary() && (hidden || evidence.AllowsOffsets());
    if (!sure && !step && !evidence.SpeaksForOffsets()) return false;
    const OffsetFit fit = FitOffsets(scene_, meter_, pose());
    finish_.evaluations += fit.evaluations;
    const bool clear = evidence.SpeaksForOffsets() && IsClear(fit.masks);
    if (step && TryPixelSteps(fit, clear)) return true;
    return (clear || sure) && TryRamps(fit);
  }

  static bool IsClear(const std::vector<MaskOffset>& masks) {
    const auto size = [](const MaskOffset& mask) { return std::abs(mask.offset_px); };
    return std::any_of(masks.begin(), masks.end(),
                       [&](const MaskOffset& mask) {
                         return size(mask) > kLeastOffset_px &&
                                size(mask) > kLeastSigmas * mask.sigma_px;
                       }) &&
           std::all_of(masks.begin(), masks.end(),
                       [&](const MaskOffset& mask) { return size(mask) < kMostOffset_px; });
  }

  // The step after which the middles of pixels are met best; kept where that is as they are met on
  // clean masks, or clearly better than before and the offsets are `clear`.
  bool TryPixelSteps(const OffsetFit& fit, bool clear) {
    const RobustFinish before = finish_;
    const double misfit_before = before.reached.sharp ? before.reached.sharp_misfit
                                                      : std::numeric_limits<double>::infinity();
    std::optional<RobustFinish> best;
    for (const std::vector<StepTry>& steps : StepsToTry(fit.masks)) {
      Restore(before);
      for (size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].step == PixelStep::kNone) continue;
        SetOffset(i, {steps[i].offset_px, fit.masks[i].sigma_px}, steps[i].step);
      }
      Solve(fit.rig_from_run, meter_.Measure(fit.rig_from_run));
      Sharpen();
      if (!finish_.reached.sharp) continue;
      const double misfit = finish_.reached.sharp_misfit;
      if (!best || misfit < best->reached.sharp_misfit) best = finish_;
      if (misfit <= kSharpUnremarkable) break;
    }
    const bool like_clean = best && best->reached.sharp_misfit <= kSharpUnremarkable;
    const bool better = best && best->reached.sharp_misfit < kClearlyLess * misfit_before;
    Restore(like_clean || (clear && better) ? *best : before);
    return like_clean || (clear && better);
  }

  bool TryRamps(const OffsetFit& fit) {
    const RobustFinish before = finish_;
    for (size_t i = 0; i < fit.masks.size(); ++i) SetOffset(i, fit.masks[i], PixelStep::kNone);
    Solve(fit.rig_from_run, meter_.Measure(fit.rig_from_run));
    if (options_.offset == Choice::kOn ||
        finish_.reached.plain.final_cost < kClearlyLess * before.reached.plain.final_cost) {
      return true;
    }
    Restore(before);
    return false;
  }

  void SetOffset(size_t view, const MaskOffset& offset, PixelStep step) {
    MaskTreatment& mask = finish_.masks[view];
    mask.offset_px = offset.offset_px;
    mask.offset_sigma_px = offset.sigma_px;
    mask.step = step;
  }

  void Count(const Descent& descent) {
    finish_.iterations += descent.iterations();
    finish_.evaluations += descent.evaluations();
  }

  // All but the counts.
  void Restore(const RobustFinish& before) {
    const int iterations = finish_.iterations, evaluations = finish_.evaluations;
    finish_ = before;
    finish_.iterations = iterations;
    finish_.evaluations = evaluations;
  }

  // With the bands that the outlines ask for (none if not banded_), then once more where the better
  // pose asks for others.
  void Solve(Rigid3d start, Outlines outlines) {
    const AlignCallback silent;
    std::vector<double> used;
    finish_.reached = Reached();
    finish_.reached.plain.rig_from_world = start;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<double> bands;
      for (size_t i = 0; i < outlines.size(); ++i) {
        MaskTreatment& mask = finish_.masks[i];
        const bool none = outlines[i].empty() || !banded_;
        mask.band_px = none ? 0 : BandOf_px(outlines[i], mask.offset_px);
        bands.push_back(mask.band_px);
      }
      if (bands == used) return;
      used = bands;
      finish_.scene = Treated(scene_, meter_, finish_.masks);
      Descent descent(*finish_.scene, options_, silent);
      finish_.reached.plain = descent.Climb(pose(), last_, last_, true);
      Count(descent);
      outlines = meter_.Measure(pose());
      for (size_t i = 0; i < bands.size(); ++i) {
        MaskTreatment& mask = finish_.masks[i];
        // The step is known; how far it moved this outline is seen at the better pose.
        if (mask.step != PixelStep::kNone) {
          const MaskOffset mean = MeanOffset(outlines[i], mask.offset_px);
          if (mean.offset_px * mask.offset_px > 0) SetOffset(i, mean, mask.step);
        }
        MeasureTreated(outlines[i], &mask);
      }
    }
  }

  const PreparedScene& scene_;
  const SolveOptions& options_;
  const OutlineMeter meter_;
  const size_t last_;
  bool banded_ = false;
  RobustFinish finish_;
};

}  // namespace

bool MetAsCleanOnesAre(const PreparedScene& scene, const Reached& reached) {
  if (reached.sharp) return reached.sharp_misfit <= kSharpUnremarkable;
  return 2 * reached.plain.final_cost <= kUnremarkable * scene.OutlineLength(scene.last_level());
}

std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const Reached& reached) {
  return Finisher(scene, options, reached).Run();
}

}  // namespace ceres_align
