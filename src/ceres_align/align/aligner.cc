#include "ceres_align/align/aligner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "ceres_align/align/descent.h"
#include "ceres_align/align/describe.h"
#include "ceres_align/align/global_search.h"
#include "ceres_align/align/verdict.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

DescentResult Reached(const LevelResult& polished, double initial_cost, bool sharpened) {
  DescentResult reached;
  reached.rig_from_run = polished.rig_from_world;
  reached.sharpened = sharpened;
  reached.initial_cost = initial_cost;
  reached.final_cost = polished.final_cost;
  reached.termination = polished.termination;
  reached.status = polished.stopped     ? AlignStatus::kStopped
                   : polished.failed    ? AlignStatus::kFailed
                   : polished.converged ? AlignStatus::kConverged
                                        : AlignStatus::kNotConverged;
  return reached;
}

// By the prior first, then by cost.
bool Beats(const PriorTest& prior, const Rigid3d& a, double cost_a, const Rigid3d& b,
           double cost_b) {
  const bool a_allowed = prior.Allows(a), b_allowed = prior.Allows(b);
  return a_allowed == b_allowed ? cost_a < cost_b : a_allowed;
}

// Once more, and more thoroughly, where the best pose's outlines do not fit. Not where it is the
// one that a start has led to: then it is the masks or the mesh that are poor.
SearchResult SearchUntilItFits(const PreparedScene& prepared, const AlignOptions& options,
                               const PriorTest& prior, const AlignCallback& callback,
                               const Rigid3d* from_start) {
  SearchResult search = SearchGlobally(prepared, options, prior, false, callback);
  const Rigid3d& best = search.poses[0].rig_from_world;
  const bool agreed = from_start != nullptr &&
                      RotationAngle_rad(best.rotation, from_start->rotation) < kDistinctModes_rad;
  if (search.stopped || !options.search_again || (agreed && prior.Allows(best))) return search;
  AlignResult seen;
  seen.outline_tolerance = options.outline_tolerance;
  seen.views = JudgeViews(prepared, options.outline_tolerance, best);
  if (OutlinesFit(seen) && prior.Allows(best)) return search;
  SearchResult thorough = SearchGlobally(prepared, options, prior, true, callback);
  const bool stopped = thorough.stopped;
  const int iterations = search.iterations + thorough.iterations,
            evaluations = search.evaluations + thorough.evaluations;
  SearchResult result = !stopped && Beats(prior, thorough.poses[0].rig_from_world,
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
DescentResult FromSearch(const PreparedScene& prepared, const AlignOptions& options,
                         const PriorTest& prior, const AlignCallback& callback,
                         const Rigid3d* from_start, AlignResult* result) {
  const size_t last = prepared.last_level();
  const double empty_cost = 0.5 * prepared.MaskEnergy(last);
  const SearchResult search = SearchUntilItFits(prepared, options, prior, callback, from_start);
  result->searched = true;
  result->iterations = search.iterations;
  result->evaluations = search.evaluations;
  if (search.stopped) {
    LevelResult best;
    best.rig_from_world = search.poses[0].rig_from_world;
    best.final_cost = prepared.CostAt(last, best.rig_from_world);
    best.stopped = true;
    best.termination = "the callback asked to stop during the search";
    ++result->evaluations;
    return Reached(best, empty_cost, false);
  }
  Descent descent(prepared, options, callback);
  LevelResult polished = descent.Climb(search.poses[0].rig_from_world, last, last, false);
  // Costs are compared before sharpening, which the others have not had.
  const double floor = kCostFloorPerPx * prepared.OutlineLength(last);
  for (size_t i = 1; i < search.poses.size(); ++i) {
    Alternative other;
    other.rig_from_world = prepared.FromRun(search.poses[i].rig_from_world);
    other.cost_ratio = (search.poses[i].cost + floor) / (polished.final_cost + floor);
    result->alternatives.push_back(other);
  }
  const bool sharpened =
      polished.converged && descent.Sharpen(polished.final_cost, empty_cost,
                                            &polished.rig_from_world, &polished.final_cost);
  result->iterations += descent.iterations();
  result->evaluations += descent.evaluations();
  return Reached(polished, empty_cost, sharpened);
}

// Much more of the mask misfits than its outline, or the outline does by over half a pixel or so,
// or whole stretches of it are off to one side, as noise seldom is and a local minimum always.
bool IsPoor(const PreparedScene& prepared, const AlignOptions& options, const Rigid3d& rig_from_run,
            double cost) {
  const size_t last = prepared.last_level();
  if (2 * cost > options.search_misfit * prepared.MaskEnergy(last) ||
      2 * cost > options.search_misfit_per_px * prepared.OutlineLength(last)) {
    return true;
  }
  const std::vector<ViewResult> views =
      JudgeViews(prepared, options.outline_tolerance, rig_from_run);
  return std::any_of(views.begin(), views.end(), [&](const ViewResult& view) {
    return !view.mask_empty &&
           view.contour.coherent_rms_px > options.outline_tolerance * options.search_stretch_px;
  });
}

// The alternatives of a search whose best pose is `found`, as those of the better pose `reached`.
std::vector<Alternative> AlternativesTo(const PreparedScene& prepared, const DescentResult& reached,
                                        const DescentResult& found,
                                        const std::vector<Alternative>& of_found) {
  const double floor = kCostFloorPerPx * prepared.OutlineLength(prepared.last_level());
  const double ratio = (found.final_cost + floor) / (reached.final_cost + floor);
  std::vector<Alternative> all(1);
  all[0].rig_from_world = prepared.FromRun(found.rig_from_run);
  all[0].cost_ratio = ratio;
  for (Alternative other : of_found) {
    other.cost_ratio *= ratio;
    all.push_back(other);
  }
  std::vector<Alternative> others;
  for (const Alternative& other : all) {
    if (RotationAngle_rad(prepared.ToRun(other.rig_from_world).rotation,
                          reached.rig_from_run.rotation) > kDistinctModes_rad) {
      others.push_back(other);
    }
  }
  return others;
}

// From the start; where its fit stays poor, from everywhere.
DescentResult FromStart(const PreparedScene& prepared, const AlignOptions& options,
                        const PriorTest& prior, const AlignCallback& callback,
                        const Rigid3d& initial, AlignResult* result) {
  Descent descent(prepared, options, callback);
  DescentResult reached = descent.Run(initial);
  result->iterations = descent.iterations();
  result->evaluations = descent.evaluations();
  const bool allowed = prior.Allows(reached.rig_from_run);
  if (!options.search_if_poor || reached.status == AlignStatus::kStopped ||
      result->iterations >= options.max_iterations ||
      (allowed && !IsPoor(prepared, options, reached.rig_from_run, reached.final_cost))) {
    return reached;
  }
  AlignResult other;
  DescentResult found =
      FromSearch(prepared, options, prior, callback, &reached.rig_from_run, &other);
  result->iterations += other.iterations;
  result->evaluations += other.evaluations;
  result->searched = true;
  found.initial_cost = reached.initial_cost;
  found.restarted = reached.restarted;
  if (found.status != AlignStatus::kStopped && Beats(prior, found.rig_from_run, found.final_cost,
                                                     reached.rig_from_run, reached.final_cost)) {
    result->alternatives = other.alternatives;
    return found;
  }
  result->alternatives = AlternativesTo(prepared, reached, found, other.alternatives);
  if (found.status == AlignStatus::kStopped) reached.status = found.status;
  return reached;
}

}  // namespace

AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback) {
  CHECK(rasterizer != nullptr);
  options.Validate();
  const Clock::time_point start = Clock::now();
  const PreparedScene prepared(scene, rasterizer, options.coarsest_width_px, options.level_factor);
  std::optional<Rigid3d> initial;
  if (scene.initial_rig_from_world) {
    initial = prepared.ToRun(*scene.initial_rig_from_world);
    prepared.CheckStart(*initial, options.moment_translation);
  }
  const PriorTest prior(options.prior, initial, scene.views[0].cam_from_rig);
  AlignResult result;
  result.prepare_seconds = SecondsSince(start);

  const Clock::time_point solve_start = Clock::now();
  const DescentResult reached =
      initial ? FromStart(prepared, options, prior, callback, *initial, &result)
              : FromSearch(prepared, options, prior, callback, nullptr, &result);
  result.solve_seconds = SecondsSince(solve_start);
  result.status = reached.status;
  result.termination = reached.termination;
  result.initial_cost = reached.initial_cost;
  result.final_cost = reached.final_cost;
  result.restarted = reached.restarted;
  result.sharpened = reached.sharpened;
  Describe(prepared, options, prior, reached.rig_from_run, &result);
  return result;
}

}  // namespace ceres_align
