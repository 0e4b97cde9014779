#include "ceres_align/solve/robust_finish.h"

#include <algorithm>
#include <cstdlib>
#include <cstdio>

#include "ceres_align/solve/descent.h"

namespace ceres_align {
namespace {

double Env(const char* name, double fallback) {
  const char* text = std::getenv(name);
  return text ? std::atof(text) : fallback;
}
// Mean squared residual per px of outline that sampling pixel centres leaves, and a little more: a
// fit this good is not looked at.
const double kUnremarkable = Env("R_UNREM", 0.15);
const double kTukey = 4.685;
const double kLeastBand_px = Env("R_LEAST", 3), kMostBand_px = 16;
const double kFarOfBand = Env("R_FAR", 0.6), kFarShare = Env("R_SHARE", 0.01);
const int kRounds = (int)Env("R_ROUNDS", 2);

double BandOf_px(const std::vector<OutlineOffset>& offsets) {
  return std::clamp(kTukey * ScaleOf_px(offsets), kLeastBand_px, kMostBand_px);
}

bool AnyFar(const std::vector<std::vector<OutlineOffset>>& offsets) {
  return std::any_of(offsets.begin(), offsets.end(), [](const auto& view) {
    return TreatmentOf(view, kFarOfBand * BandOf_px(view)).left_out() > kFarShare;
  });
}

}  // namespace

std::optional<RobustFinish> FinishRobustly(const PreparedScene& scene, const SolveOptions& options,
                                           const LevelResult& reached) {
  const size_t last = scene.last_level();
  if (options.robust == Choice::kOff) return std::nullopt;
  if (options.robust == Choice::kAuto &&
      2 * reached.final_cost <= kUnremarkable * scene.OutlineLength(last)) {
    return std::nullopt;
  }
  const OutlineMeter meter(scene);
  std::vector<std::vector<OutlineOffset>> offsets = meter.Measure(reached.rig_from_world);
  if (options.robust == Choice::kAuto && !AnyFar(offsets)) return std::nullopt;

  RobustFinish finish;
  finish.reached = reached;
  const AlignCallback silent;
  std::vector<double> used;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> bands;
    for (const auto& view : offsets) bands.push_back(view.empty() ? 0 : BandOf_px(view));
    if (bands == used) break;
    used = bands;
    finish.scene = WithBands(scene, meter, bands);
    Descent descent(*finish.scene, options, silent);
    finish.reached = descent.Climb(finish.reached.rig_from_world, last, last, true);
    finish.iterations += descent.iterations();
    finish.evaluations += descent.evaluations();
    offsets = meter.Measure(finish.reached.rig_from_world);
    finish.masks.clear();
    for (size_t i = 0; i < bands.size(); ++i) {
      finish.masks.push_back(bands[i] > 0 ? TreatmentOf(offsets[i], bands[i]) : MaskTreatment());
      if (std::getenv("R_LOG")) {
        std::fprintf(stderr, "round %d view %zu band %.2f scale %.3f out %.3f in %.3f coh %.3f cost %.2f evals %d\n", round, i,
                     bands[i], ScaleOf_px(offsets[i]), finish.masks[i].outside, finish.masks[i].inside, finish.masks[i].coherent_rms_px, finish.reached.final_cost, descent.evaluations());
      }
    }
  }
  return finish;
}

}  // namespace ceres_align
