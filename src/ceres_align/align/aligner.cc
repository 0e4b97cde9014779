#include "ceres_align/align/aligner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ceres_align/align/align_prepared.h"
#include "ceres_align/assess/assess_pose.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/assess/view_assessment.h"
#include "ceres_align/modes/modes.h"
#include "ceres_align/scene/occluders.h"
#include "ceres_align/search/global_search.h"
#include "ceres_align/solve/descent.h"

namespace ceres_align {
namespace {

constexpr double kMostLeftOut = 0.4, kMostOnBothSides = 0.05;
// An outline's errors that are no sign of a local minimum: of the root of the mask's area, and of
// their own median.
constexpr double kNoiseOfSize = 0.006, kNoiseOfMedian = 2.5;

class Stopwatch {
 public:
  /// Since it was made or last asked.
  double Seconds() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(last_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

Solution Reached(const LevelResult& polished, double initial_cost) {
  Solution reached;
  reached.rig_from_run = polished.rig_from_world;
  reached.initial_cost = initial_cost;
  reached.final_cost = polished.final_cost;
  reached.termination = polished.termination;
  reached.status = StatusOf(polished);
  return reached;
}

/// JudgeViews, the last pose's kept: the same pose is asked for again. The scenes that it is asked
/// for live as long.
class ViewJudge {
 public:
  explicit ViewJudge(double outline_tolerance) : outline_tolerance_(outline_tolerance) {}
  const std::vector<ViewResult>& At(const PreparedScene& prepared, const Rigid3d& rig_from_run) {
    const bool same = &prepared == prepared_ &&
                      rig_from_run.rotation.coeffs() == rig_from_run_.rotation.coeffs() &&
                      rig_from_run.translation == rig_from_run_.translation;
    if (!same) {
      views_ = JudgeViews(prepared, outline_tolerance_, rig_from_run);
      prepared_ = &prepared;
      rig_from_run_ = rig_from_run;
    }
    return views_;
  }

 private:
  const double outline_tolerance_;
  const PreparedScene* prepared_ = nullptr;
  Rigid3d rig_from_run_;
  std::vector<ViewResult> views_;
};

/// What the solves of one alignment share.
struct Task {
  const PreparedScene& prepared;
  const AlignOptions& options;
  const PriorTest& prior;
  const AlignCallback& callback;
  ViewJudge& judge;
};

// By the prior first, then by cost.
bool Beats(const PriorTest& prior, const Rigid3d& a, double cost_a, const Rigid3d& b,
           double cost_b) {
  const bool a_allowed = prior.Allows(a), b_allowed = prior.Allows(b);
  return a_allowed == b_allowed ? cost_a < cost_b : a_allowed;
}

bool Fits(const Task& task, const Rigid3d& rig_from_run) {
  Assessment seen;
  seen.outline_tolerance = task.options.outline_tolerance;
  seen.views = task.judge.At(task.prepared, rig_from_run);
  return OutlinesFit(seen) && task.prior.Allows(rig_from_run);
}

// Once more, and more thoroughly, where the best pose's outlines do not fit. Not where it is the
// one that a start has led to: then it is the masks or the mesh that are poor.
SearchResult SearchUntilItFits(const Task& task, const Rigid3d* from_start) {
  const auto search_once = [&](bool thorough) {
    return SearchGlobally(task.prepared, task.options, task.options, task.prior, thorough,
                          task.callback);
  };
  SearchResult search = search_once(false);
  const Rigid3d best = search.poses[0].rig_from_world;
  const bool agreed = from_start != nullptr &&
                      RotationAngle_rad(best.rotation, from_start->rotation) < kDistinctModes_rad;
  if (search.stopped || !task.options.search_again || (agreed && task.prior.Allows(best)) ||
      Fits(task, best)) {
    return search;
  }
  SearchResult thorough = search_once(true);
  const bool stopped = thorough.stopped;
  const int iterations = search.iterations + thorough.iterations,
            evaluations = search.evaluations + thorough.evaluations;
  SearchResult result = !stopped && Beats(task.prior, thorough.poses[0].rig_from_world,
                                          thorough.poses[0].cost, best, search.poses[0].cost)
                            ? std::move(thorough)
                            : std::move(search);
  result.stopped = stopped;
  result.iterations = iterations;
  result.evaluations = evaluations;
  return result;
}

// Every rotation, then the best pose once more at full size: for progress, and for the reason why
// it stopped.
Solution FromSearch(const Task& task, const Rigid3d* from_start) {
  const PreparedScene& prepared = task.prepared;
  const size_t last = prepared.last_level();
  const double empty_cost = 0.5 * prepared.MaskEnergy(last);
  const SearchResult search = SearchUntilItFits(task, from_start);
  Solution solution;
  Descent descent(prepared, task.options, task.callback);
  if (search.stopped) {
    LevelResult best;
    best.rig_from_world = search.poses[0].rig_from_world;
    best.final_cost = prepared.CostAt(last, best.rig_from_world);
    best.stopped = true;
    best.termination = "the callback asked to stop during the search";
    solution = Reached(best, empty_cost);
    solution.evaluations = 1;
  } else {
    const LevelResult polished = descent.Climb(search.poses[0].rig_from_world, last, last, false);
    solution = Reached(polished, empty_cost);
    if (polished.converged) descent.Finish(nullptr, polished, &solution);
    for (size_t i = 1; i < search.poses.size(); ++i) {
      solution.others.push_back(search.poses[i].rig_from_world);
    }
  }
  solution.searched = true;
  solution.iterations = search.iterations + descent.iterations();
  solution.evaluations += search.evaluations + descent.evaluations();
  return solution;
}

const PreparedScene& SeenBy(const PreparedScene& prepared, const Solution& solution) {
  return solution.seen ? *solution.seen : prepared;
}

// Whether the object covers part of any mask.
bool MeetsAMask(const std::vector<ViewResult>& views) {
  return std::any_of(views.begin(), views.end(),
                     [](const ViewResult& view) { return view.overlap_px > 0; });
}

// Whether `a` is better than `b`, by the weights of the first of them that has any.
bool IsBetter(const Task& task, const Solution& a, const Solution& b) {
  const Solution* weighted = a.seen ? &a : b.seen ? &b : nullptr;
  const auto cost = [&](const Solution& solution) {
    return weighted == nullptr
               ? solution.final_cost
               : weighted->seen->CostAt(task.prepared.last_level(), solution.rig_from_run);
  };
  return Beats(task.prior, a.rig_from_run, cost(a), b.rig_from_run, cost(b));
}

// Where what is far from the masks' outlines was left out: so much was that the rest proves little,
// or it lies to both sides, or whole stretches of the rest are off.
bool IsPoorBeside(const Task& task, const Solution& solution) {
  const double stretch_px = task.options.outline_tolerance * task.options.search_stretch_px;
  return std::any_of(solution.masks.begin(), solution.masks.end(), [&](const MaskTreatment& mask) {
    return mask.left_out() > kMostLeftOut ||
           std::min(mask.inside, mask.outside) > kMostOnBothSides ||
           mask.coherent_rms_px > stretch_px;
  });
}

// Much more of the mask misfits than its outline, and to both sides (a hole in a mask is to one,
// and moves nothing).
bool Misfits(const Task& task, const Solution& solution) {
  const PreparedScene& prepared = task.prepared;
  const size_t last = prepared.last_level();
  const double most = task.options.search_misfit * prepared.MaskEnergy(last);
  return 2 * solution.final_cost > most &&
         prepared.MisfitToBothSides(last, solution.rig_from_run) > most;
}

// It misfits, or whole stretches of the outline are off to one side, as noise seldom is and a local
// minimum always. Not where the outline is off like that everywhere, and by little for the object's
// size: then it is the mask, the mesh or the lens.
bool IsPoor(const Task& task, const Solution& solution) {
  if (solution.seen) return IsPoorBeside(task, solution);
  if (Misfits(task, solution)) return true;
  const AlignOptions& options = task.options;
  const std::vector<ViewResult>& views = task.judge.At(task.prepared, solution.rig_from_run);
  return std::any_of(views.begin(), views.end(), [&](const ViewResult& view) {
    const double noise_px = std::min(kNoiseOfSize * std::sqrt(view.mask_area_px),
                                     kNoiseOfMedian * view.contour.median_px);
    return !view.mask_empty &&
           view.contour.coherent_rms_px >
               options.outline_tolerance * std::max(options.search_stretch_px, noise_px);
  });
}

// From the start; where its fit stays poor, from everywhere.
Solution FromStart(const Task& task, const Rigid3d& initial) {
  const size_t last = task.prepared.last_level();
  Descent descent(task.prepared, task.options, task.callback);
  Solution reached = descent.Run(initial);
  if (!task.options.search_if_poor || reached.status == AlignStatus::kStopped ||
      reached.iterations >= task.options.max_iterations ||
      (task.prior.Allows(reached.rig_from_run) && !IsPoor(task, reached))) {
    return reached;
  }
  Solution found = FromSearch(task, &reached.rig_from_run);
  const bool better = found.status != AlignStatus::kStopped && IsBetter(task, found, reached);
  Solution solution = better ? found : reached;
  solution.initial_cost = SeenBy(task.prepared, solution).CostAt(last, initial);
  solution.restarted = reached.restarted;
  solution.searched = true;
  solution.iterations = reached.iterations + found.iterations;
  solution.evaluations = reached.evaluations + found.evaluations;
  if (better) return solution;
  solution.others = found.others;
  solution.others.insert(solution.others.begin(), found.rig_from_run);
  if (found.status == AlignStatus::kStopped) solution.status = found.status;
  return solution;
}

}  // namespace

Solution SolvePrepared(const PreparedScene& prepared, const AlignOptions& options,
                       const PriorTest& prior, const Rigid3d* start,
                       const AlignCallback& callback) {
  ViewJudge judge(options.outline_tolerance);
  const Task task{prepared, options, prior, callback, judge};
  return start != nullptr ? FromStart(task, *start) : FromSearch(task, nullptr);
}

AlignResult AlignPrepared(const PreparedScene& prepared, const AlignOptions& options,
                          const PriorTest& prior, const Rigid3d* start,
                          const AlignCallback& callback, Solution* where) {
  Stopwatch watch;
  ViewJudge judge(options.outline_tolerance);
  const Task task{prepared, options, prior, callback, judge};
  Solution solution = start != nullptr ? FromStart(task, *start) : FromSearch(task, nullptr);
  OtherModes modes;
  if (MeetsAMask(judge.At(SeenBy(prepared, solution), solution.rig_from_run))) {
    modes = FindOtherModes(SeenBy(prepared, solution), options, prior, &solution);
  } else {
    solution.status = AlignStatus::kNoOverlap;
    solution.termination = "the object meets none of the masks; " + solution.termination;
  }
  // Unknowns beside the pose are met with the sharp steps, and the pose with them.
  if (where == nullptr && solution.status == AlignStatus::kConverged) {
    Descent(prepared, options, callback).Narrow(&solution);
  }
  const double solve_seconds = watch.Seconds();

  AlignResult result;
  const PreparedScene& seen = SeenBy(prepared, solution);
  static_cast<Assessment&>(result) =
      AssessPose(seen, options, prior, solution.sharpened ? options.sharp_window : 1, solution,
                 modes, judge.At(seen, solution.rig_from_run));
  result.rig_from_world = prepared.FromRun(solution.rig_from_run);
  result.initial_cost = solution.initial_cost;
  result.final_cost = solution.final_cost;
  result.iterations = solution.iterations;
  result.evaluations = solution.evaluations;
  result.restarted = solution.restarted;
  result.sharpened = solution.sharpened;
  result.searched = solution.searched;
  result.masks = solution.masks;
  result.backend = prepared.rasterizer()->name();
  result.solve_seconds = solve_seconds;
  result.assess_seconds = watch.Seconds();
  if (where != nullptr) *where = std::move(solution);
  return result;
}

AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback) {
  Stopwatch watch;
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const double seconds = watch.Seconds();
  AlignResult result = Align(scene, meshes, rasterizer, options, callback);
  result.prepare_seconds += seconds;
  return result;
}

AlignResult Align(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                  const AlignOptions& options, const AlignCallback& callback) {
  CHECK(rasterizer != nullptr);
  options.Validate();
  Stopwatch watch;
  if (!scene.occluders.empty()) {
    const Scene seen = HideBehindOccluders(scene, rasterizer);
    const double seconds = watch.Seconds();
    AlignResult result = Align(seen, meshes, rasterizer, options, callback);
    result.prepare_seconds += seconds;
    return result;
  }
  const PreparedScene prepared(scene, meshes, rasterizer, options.coarsest_width_px,
                               options.level_factor);
  std::optional<Rigid3d> initial;
  if (scene.initial_rig_from_world) {
    initial = prepared.ToRun(*scene.initial_rig_from_world);
    prepared.CheckStart(*initial, options.moment_translation);
  }
  const PriorTest prior(options.prior, initial, scene.views[0].cam_from_rig);
  const double prepare_seconds = watch.Seconds();
  AlignResult result =
      AlignPrepared(prepared, options, prior, initial ? &*initial : nullptr, callback, nullptr);
  result.prepare_seconds = prepare_seconds;
  return result;
}

}  // namespace ceres_align
