#include "ceres_align/solve/descent.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/solve/local_search.h"
#include "ceres_align/solve/robust_finish.h"

namespace ceres_align {
namespace {

constexpr int kMomentSteps = 8;
constexpr double kMomentMisfit = 1e-3;
// Moments are fitted at a level of about this width: exact coverage needs no more.
constexpr double kMomentWidthPx = 40;

// Restarts are scored at the smaller width and refined up to the larger.
constexpr double kRestartWidthPx = 20, kCheckWidthPx = 80;
constexpr int kRestartMomentSteps = 3;
constexpr double kRestartMomentMisfit = 1e-2;
constexpr int kRestartsRefined = 6;
constexpr double kRestartDistinct_rad = 0.2;

// A level that has moved the outline by less, at full size, needs none between itself and the last.
constexpr double kSettled_px = 1;

// Mean squared residual per px of outline up to which a binary mask counts as a clean one (about
// 0.1 is what sampling pixel centres leaves).
constexpr double kSharpMisfit = 0.3;
// Up to so much of it a mask may be a clean one, by what the middles of its pixels say.
constexpr double kMayBeClean = 0.15;

// So many pixels' middles the outline must pass for the narrowest steps, and so much narrower than
// the sharp ones they must be.
constexpr double kLeastCrossed = 30, kWorthNarrowing = 1.4;
// Where narrow steps end: shorter ones are less than what such masks leave unknown.
constexpr double kNarrowStep_px = 6e-3, kNarrowCostChange = 1e-3;

}  // namespace

Descent::Descent(const PreparedScene& scene, const SolveOptions& options,
                 const AlignCallback& callback)
    : scene_(scene), options_(options), callback_(callback) {}

Rigid3d Descent::FitTranslation(const Rigid3d& start) {
  const size_t level = scene_.LevelOfWidth(kMomentWidthPx);
  return FitTranslationsToMoments(scene_.ViewsAt(level, scene_.Depth(start)),
                                  scene_.MomentsAt(level), scene_.rasterizer(), {start},
                                  kMomentSteps, kMomentMisfit, &evaluations_)[0]
      .rig_from_world;
}

LevelResult Descent::Climb(const Rigid3d& start, size_t first, size_t last, bool silent) {
  LevelResult result;
  Rigid3d pose = start;
  for (size_t level = first; level <= last; ++level) {
    result = SolveOne(level, pose, silent);
    pose = result.rig_from_world;
    if (result.stopped || Exhausted()) break;
    const double full_size_px = result.moved_px / scene_.level(level).scale;
    if (level > first && full_size_px < kSettled_px && level < last) level = last - 1;
  }
  return result;
}

// Looks around the start where its own descent has ended in a poor fit; returns the better pose.
Rigid3d Descent::Restart(const Rigid3d& start, const LevelResult& reached, size_t check_level) {
  const size_t level = scene_.LevelOfWidth(kRestartWidthPx);
  const std::vector<ScoredPose> scored = ScoreRotations(
      scene_.ViewsAt(level, scene_.Depth(start)), scene_.MomentsAt(level), scene_.rasterizer(),
      start,
      RotationBall(options_.restarts,
                   std::min(options_.restart_angle_rad, options_.prior.max_rotation_rad)),
      kRestartMomentSteps, kRestartMomentMisfit, &evaluations_);
  Rigid3d best = reached.rig_from_world;
  double best_cost = reached.final_cost;
  for (const ScoredPose& candidate : BestDistinct(scored, kRestartsRefined, kRestartDistinct_rad)) {
    if (Exhausted()) break;
    const LevelResult result = Climb(candidate.rig_from_world, level, check_level, true);
    if (result.final_cost < best_cost) {
      best_cost = result.final_cost;
      best = result.rig_from_world;
    }
  }
  return best;
}

LevelOptions Descent::OptionsOf(size_t level, double depth) const {
  const bool last = level == scene_.last_level();
  LevelOptions options;
  options.max_iterations =
      std::min(options_.max_iterations_per_level, options_.max_iterations - iterations_);
  options.step_px = last ? options_.final_step_px : options_.coarse_step_px;
  options.cost_change = last ? options_.final_cost_change : options_.coarse_cost_change;
  options.max_rotation_step_rad = options_.max_rotation_step_rad;
  options.max_translation_step = options_.max_translation_step * depth;
  options.radius = scene_.radius();
  options.outline_px = last ? scene_.OutlineLength(level) : 0;
  if (last && sharpens_later_) options.early_cost = MostSharpCost();
  return options;
}

LevelResult Descent::SolveOne(size_t level, const Rigid3d& start, bool silent) {
  const double depth = scene_.Depth(start);
  const LevelOptions options = OptionsOf(level, depth);
  const auto report = [&](AlignIteration iteration) {
    if (!callback_ || silent) return true;
    iteration.level = static_cast<int>(level);
    iteration.num_levels = static_cast<int>(scene_.num_levels());
    iteration.width_px = scene_.level(level).cameras[0].width_px;
    iteration.height_px = scene_.level(level).cameras[0].height_px;
    iteration.rig_from_world = scene_.FromRun(iteration.rig_from_world);
    return callback_(iteration);
  };
  LevelResult result =
      SolveLevel(scene_.ViewsAt(level, depth), scene_.rasterizer(), start, options, report);
  iterations_ += result.iterations;
  evaluations_ += result.evaluations;
  return result;
}

// The levels up to a check, restarts if the fit there is poor, the rest.
LevelResult Descent::ClimbWithRestarts(const Rigid3d& start, bool* restarted, bool* finished) {
  const size_t last = scene_.last_level(), check = scene_.LevelOfWidth(kCheckWidthPx);
  LevelResult reached = Climb(start, 0, check, false);
  if (reached.stopped || Exhausted()) return reached;
  *finished = check == last;
  *restarted = options_.restarts > 0 &&
               2 * reached.final_cost > options_.restart_misfit * scene_.MaskEnergy(check) &&
               scene_.MisfitToBothSides(check, reached.rig_from_world) >
                   options_.restart_misfit * scene_.MaskEnergy(check);
  if (*restarted) {
    reached.rig_from_world = Restart(start, reached, check);
    if (check == last) reached = SolveOne(last, reached.rig_from_world, false);
  }
  if (check < last && !Exhausted()) {
    reached = Climb(reached.rig_from_world, check + 1, last, false);
    *finished = !reached.stopped && !Exhausted();
  }
  return reached;
}

bool Descent::CanSharpen() const { return options_.sharp_window > 1 && scene_.masks_binary(); }

double Descent::MostSharpCost() const {
  return 0.5 * kSharpMisfit * scene_.OutlineLength(scene_.last_level());
}

std::optional<LevelResult> Descent::SharpFrom(const LevelResult& plain, int window,
                                              double* misfit) {
  if (!CanSharpen() || Exhausted() || plain.final_cost > MostSharpCost()) return std::nullopt;
  const size_t last = scene_.last_level();
  const double depth = scene_.Depth(plain.rig_from_world);
  std::vector<SilhouetteView> views = scene_.ViewsAt(last, depth);
  for (SilhouetteView& view : views) view.window = window;
  LevelOptions options = OptionsOf(last, depth);
  if (window > options_.sharp_window) {
    options.step_px = std::max(options.step_px, kNarrowStep_px);
    options.cost_change = std::max(options.cost_change, kNarrowCostChange);
  }
  LevelResult sharp = SolveLevel(views, scene_.rasterizer(), plain.rig_from_world, options, {});
  iterations_ += sharp.iterations;
  evaluations_ += sharp.evaluations + 1;
  *misfit = 2 * sharp.final_cost / scene_.OutlineLength(last);
  sharp.final_cost = scene_.CostAt(last, sharp.rig_from_world);
  if (sharp.failed || !(sharp.final_cost <= 2 * plain.final_cost)) return std::nullopt;
  return sharp;
}

bool Descent::Sharpen(double cost_limit, LevelResult* reached) {
  double misfit = 0;
  const std::optional<LevelResult> sharp = SharpFrom(*reached, options_.sharp_window, &misfit);
  if (!sharp || !(sharp->final_cost <= cost_limit)) return false;
  *reached = *sharp;
  return true;
}

void Descent::Sharpen(Reached* reached) {
  if (std::exchange(reached->tried_sharp, true)) return;
  reached->sharp = SharpFrom(reached->plain, options_.sharp_window, &reached->sharp_misfit);
}

// An outline passes the middle 1/n of about 4/π/n of the pixels along it.
int Descent::NarrowestWindow() const {
  const double most = 4 / M_PI * scene_.OutlineLength(scene_.last_level()) / kLeastCrossed;
  const int window = std::min(options_.finest_window, static_cast<int>(std::min(most, 1e6)));
  return window % 2 == 1 ? window : window - 1;
}

void Descent::Narrow(Solution* solution) {
  const int window = NarrowestWindow();
  if (!solution->sharpened || solution->seen || window < kWorthNarrowing * options_.sharp_window) {
    return;
  }
  const size_t last = scene_.last_level();
  Reached reached;
  reached.plain.rig_from_world = solution->rig_from_run;
  reached.plain.final_cost = solution->final_cost;
  reached.sharp = reached.plain;
  reached.sharp_misfit = 2 * scene_.CostAt(last, solution->rig_from_run, options_.sharp_window) /
                         scene_.OutlineLength(last);
  double misfit = 0;
  std::optional<LevelResult> narrow;
  if (MetAsCleanOnesAre(scene_, reached)) narrow = SharpFrom(reached.plain, window, &misfit);
  solution->iterations += iterations_;
  solution->evaluations += evaluations_ + 1;
  if (!narrow || !narrow->converged || !(narrow->final_cost <= solution->initial_cost)) return;
  solution->rig_from_run = narrow->rig_from_world;
  solution->final_cost = narrow->final_cost;
}

std::optional<RobustFinish> Descent::Treat(Reached* reached) {
  const auto is = [&](Choice choice) {
    return options_.robust == choice || options_.offset == choice;
  };
  if (!(is(Choice::kOn) || is(Choice::kAuto)) || Exhausted()) return std::nullopt;
  if (!is(Choice::kOn)) {
    const double outline_px = scene_.OutlineLength(scene_.last_level());
    if (2 * reached->plain.final_cost < kMayBeClean * outline_px) Sharpen(reached);
    if (MetAsCleanOnesAre(scene_, *reached)) return std::nullopt;
  }
  std::optional<RobustFinish> treated = FinishRobustly(scene_, options_, *reached);
  if (!treated) return std::nullopt;
  Descent by_seen(*treated->scene, options_, callback_);
  by_seen.Sharpen(&treated->reached);
  iterations_ += treated->iterations + by_seen.iterations();
  evaluations_ += treated->evaluations + by_seen.evaluations();
  return treated;
}

void Descent::Finish(const Rigid3d* start, const LevelResult& plain, Solution* solution) {
  Reached reached;
  reached.plain = plain;
  if (const std::optional<RobustFinish> treated = Treat(&reached)) {
    const size_t last = scene_.last_level();
    const double start_cost =
        start ? treated->scene->CostAt(last, *start) : 0.5 * treated->scene->MaskEnergy(last);
    ++evaluations_;
    if (treated->reached.plain.final_cost <= start_cost) {
      solution->initial_cost = start_cost;
      solution->seen = treated->scene;
      solution->masks = treated->masks;
      reached = treated->reached;
    }
  }
  Sharpen(&reached);
  solution->sharpened = reached.sharp && reached.sharp->final_cost <= solution->initial_cost;
  LevelResult end = solution->sharpened ? *reached.sharp : reached.plain;
  if (end.ended_early && !Exhausted()) {
    const size_t last = scene_.last_level();
    end = Climb(end.rig_from_world, last, last, false);
    // Stopped within an iteration, it has the cost of another pose.
    if (end.stopped) end.final_cost = scene_.CostAt(last, end.rig_from_world);
  }
  solution->rig_from_run = end.rig_from_world;
  solution->final_cost = end.final_cost;
  solution->termination = end.termination;
  solution->status = StatusOf(end);
}

Solution Descent::Run(const Rigid3d& start) {
  const size_t last = scene_.last_level();
  Solution result;
  result.initial_cost = scene_.CostAt(last, start);
  ++evaluations_;
  const Rigid3d moved = options_.moment_translation ? FitTranslation(start) : start;
  bool finished = false;
  sharpens_later_ = CanSharpen();
  LevelResult reached = ClimbWithRestarts(moved, &result.restarted, &finished);
  sharpens_later_ = false;
  if (!finished || reached.stopped) {  // the cost may be that of another pose
    reached.final_cost = scene_.CostAt(last, reached.rig_from_world);
    ++evaluations_;
  }
  if (reached.final_cost > result.initial_cost) {
    // The coarse levels led away from a start that was better.
    if (finished && !reached.stopped && !Exhausted()) {
      reached = SolveOne(last, start, false);
    } else {
      reached.rig_from_world = start;
      reached.final_cost = result.initial_cost;
    }
  }
  result.rig_from_run = reached.rig_from_world;
  result.final_cost = reached.final_cost;
  result.termination = reached.termination;
  result.status = StatusOf(reached);
  if (!finished && result.status == AlignStatus::kConverged) {
    result.status = AlignStatus::kNotConverged;
  }
  if (finished && reached.converged) Finish(&start, reached, &result);
  result.iterations = iterations_;
  result.evaluations = evaluations_;
  return result;
}

}  // namespace ceres_align
