#include "ceres_align/solve/robust_finish.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/solve/descent.h"
#include "ceres_align/solve/mask_offset.h"

namespace ceres_align {
namespace {

// Mean squared residual per px of outline up to which a fit is not looked at. Sampling the centres
// of pixels leaves 0.057 to 0.066, masks that are off in places or all along more.
constexpr double kUnremarkable = 0.066;
constexpr double kTukey = 4.685;
constexpr double kLeastBand_px = 3, kMostBand_px = 16;
// So much of a view's outline must lie farther off than this part of the band that its scale gives.
constexpr double kFarShare = 0.01, kFarOfBand = 0.6;
constexpr int kRounds = 2;
// An offset is clear from this size and so many sigmas on; a step of whole pixels, which must then
// also lower the cost to this part of it, from these on.
constexpr double kLeastOffset_px = 0.2, kLeastSigmas = 4;
constexpr double kLeastStep_px = 0.5, kLeastStepSigmas = 2, kMuchLess = 0.8;
constexpr double kLikeClean = 0.2;  // as kUnremarkable, of the masks after a pixel step

using Outlines = std::vector<std::vector<OutlineOffset>>;

double BandOf_px(std::vector<OutlineOffset> outline, double offset_px) {
  for (OutlineOffset& o : outline) o.inside_px -= static_cast<float>(offset_px);
  return std::clamp(kTukey * ScaleOf_px(outline), kLeastBand_px, kMostBand_px);
}

bool AnyFar(const Outlines& outlines, const std::vector<MaskTreatment>& masks) {
  for (size_t i = 0; i < outlines.size(); ++i) {
    MaskTreatment test = masks[i];
    test.band_px = kFarOfBand * BandOf_px(outlines[i], test.offset_px);
    MeasureTreated(outlines[i], &test);
    if (test.left_out() > kFarShare) return true;
  }
  return false;
}

class Finisher {
 public:
  Finisher(const PreparedScene& scene, const SolveOptions& options, const LevelResult& reached)
      : scene_(scene), options_(options), meter_(scene), last_(scene.last_level()), start_(reached) {
    finish_.reached = reached;
    finish_.masks.resize(scene.num_views());
  }

  std::optional<RobustFinish> Run() {
    const bool moved = options_.offset != Choice::kOff && TakeOffsets();
    outlines_ = meter_.Measure(finish_.reached.rig_from_world);
    const bool robust = options_.robust == Choice::kOn ||
                        (options_.robust == Choice::kAuto && AnyFar(outlines_, finish_.masks));
    if (!robust && !moved) return std::nullopt;
    if (moved && scene_.masks_binary() && UndoPixelSteps(robust)) return std::move(finish_);
    if (unclear_) {
      ForgetOffsets();
      if (!robust) return std::nullopt;
    }
    Solve(robust);
    return std::move(finish_);
  }

 private:
  // Back to where the last level ended.
  void ForgetOffsets() {
    finish_.masks.assign(finish_.masks.size(), MaskTreatment());
    finish_.reached = start_;
    outlines_ = meter_.Measure(start_.rig_from_world);
  }

  // The pose and the offsets that are clear, or would be if a pixel step explained them (unclear_);
  // returns whether there are any.
  bool TakeOffsets() {
    const OffsetFit fit = FitOffsets(scene_, meter_, finish_.reached.rig_from_world);
    finish_.evaluations += fit.evaluations;
    bool any = false;
    for (size_t i = 0; i < finish_.masks.size(); ++i) {
      const MaskOffset& found = fit.masks[i];
      const double size = std::abs(found.offset_px);
      const bool clear = size > kLeastOffset_px && size > kLeastSigmas * found.sigma_px;
      const bool maybe = scene_.masks_binary() && size > kLeastStep_px &&
                         size > kLeastStepSigmas * found.sigma_px;
      if (options_.offset == Choice::kAuto && !clear && !maybe) continue;
      unclear_ = unclear_ || (options_.offset == Choice::kAuto && !clear);
      finish_.masks[i].offset_px = found.offset_px;
      finish_.masks[i].offset_sigma_px = found.sigma_px;
      any = any || size > 0;
    }
    if (any) finish_.reached.rig_from_world = fit.rig_from_run;
    return any;
  }

  // Tries to take offsets as whole steps of pixels; stays with them where the masks are then met
  // as clean ones are, which leaves the pixels' middles to compare.
  bool UndoPixelSteps(bool robust) {
    const RobustFinish before = finish_;
    const Outlines outlines = outlines_;
    bool any = false;
    for (MaskTreatment& mask : finish_.masks) {
      if (mask.offset_px == 0) continue;
      mask.step = StepOf(mask.offset_px);
      if (mask.step == PixelStep::kNone) return Undo(before, outlines);
      any = true;
    }
    if (!any) return false;
    Solve(robust);
    if (2 * finish_.reached.final_cost <= kLikeClean * scene_.OutlineLength(last_) &&
        (robust || finish_.reached.final_cost < kMuchLess * start_.final_cost)) {
      return true;
    }
    return Undo(before, outlines);
  }
  bool Undo(const RobustFinish& before, const Outlines& outlines) {
    const int iterations = finish_.iterations, evaluations = finish_.evaluations;
    finish_ = before;
    finish_.iterations = iterations;
    finish_.evaluations = evaluations;
    outlines_ = outlines;
    return false;
  }

  // With the bands that the outlines ask for (none if not `robust`), then once more where the better
  // pose asks for others.
  void Solve(bool robust) {
    const AlignCallback silent;
    std::vector<double> used;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<double> bands;
      for (size_t i = 0; i < outlines_.size(); ++i) {
        MaskTreatment& mask = finish_.masks[i];
        const bool none = outlines_[i].empty() || !robust;
        mask.band_px = none ? 0 : BandOf_px(outlines_[i], mask.offset_px);
        bands.push_back(mask.band_px);
      }
      if (bands == used) return;
      used = bands;
      finish_.scene = Treated(scene_, meter_, finish_.masks);
      Descent descent(*finish_.scene, options_, silent);
      finish_.reached = descent.Climb(finish_.reached.rig_from_world, last_, last_, true);
      finish_.iterations += descent.iterations();
      finish_.evaluations += descent.evaluations();
      outlines_ = meter_.Measure(finish_.reached.rig_from_world);
      for (size_t i = 0; i < bands.size(); ++i) MeasureTreated(outlines_[i], &finish_.masks[i]);
    }
  }

  const PreparedScene& scene_;
  const SolveOptions& options_;
  const OutlineMeter meter_;
  const size_t last_;
  const LevelResult start_;
  bool unclear_ = false;
  RobustFinish finish_;
  Outlines outlines_;
};

}  // namespace

std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const LevelResult& reached) {
  const bool sure = options.robust == Choice::kOn || options.offset == Choice::kOn;
  const bool never = options.robust == Choice::kOff && options.offset == Choice::kOff;
  const double unremarkable = kUnremarkable * scene.OutlineLength(scene.last_level());
  if (never || (!sure && 2 * reached.final_cost <= unremarkable)) return std::nullopt;
  return Finisher(scene, options, reached).Run();
}

}  // namespace ceres_align
