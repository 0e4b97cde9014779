#include "ceres_align/align/aligner.h"

#include <chrono>

#include "ceres_align/align/descent.h"
#include "ceres_align/align/describe.h"
#include "ceres_align/align/global_search.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Every rotation, then the best pose once more at full size: for progress, and for the reason why
// it stopped.
DescentResult FromSearch(const PreparedScene& prepared, const AlignOptions& options,
                         const AlignCallback& callback, AlignResult* result) {
  const size_t last = prepared.last_level();
  SearchCounts counts;
  const std::vector<ScoredPose> poses = SearchGlobally(prepared, options, &counts);
  Descent descent(prepared, options, callback);
  LevelResult polished = descent.Climb(poses[0].rig_from_world, last, last, false);
  // Costs are compared before sharpening, which the others have not had.
  const double floor = kCostFloorPerPx * prepared.OutlineLength(last);
  result->searched = true;
  for (size_t i = 1; i < poses.size(); ++i) {
    Alternative other;
    other.rig_from_world = prepared.FromRun(poses[i].rig_from_world);
    other.cost_ratio = (poses[i].cost + floor) / (polished.final_cost + floor);
    result->alternatives.push_back(other);
  }
  bool sharpened = false;
  if (polished.converged) {
    sharpened = descent.Sharpen(polished.final_cost, 0.5 * prepared.MaskEnergy(last),
                                &polished.rig_from_world, &polished.final_cost);
  }
  result->iterations = counts.iterations + descent.iterations();
  result->evaluations = counts.evaluations + descent.evaluations();
  DescentResult reached;
  reached.rig_from_run = polished.rig_from_world;
  reached.sharpened = sharpened;
  reached.initial_cost = 0.5 * prepared.MaskEnergy(last);
  reached.final_cost = polished.final_cost;
  reached.termination = polished.termination;
  reached.status = polished.stopped     ? AlignStatus::kStopped
                   : polished.failed    ? AlignStatus::kFailed
                   : polished.converged ? AlignStatus::kConverged
                                        : AlignStatus::kNotConverged;
  return reached;
}

// A misfit of the outlines by over half a pixel or so, or much more of the mask than its outline.
bool IsPoor(const PreparedScene& prepared, const AlignOptions& options, double cost) {
  const size_t last = prepared.last_level();
  return 2 * cost > options.search_misfit * prepared.MaskEnergy(last) ||
         2 * cost > options.search_misfit_per_px * prepared.OutlineLength(last);
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
                        const AlignCallback& callback, const Rigid3d& initial,
                        AlignResult* result) {
  Descent descent(prepared, options, callback);
  DescentResult reached = descent.Run(initial);
  result->iterations = descent.iterations();
  result->evaluations = descent.evaluations();
  if (reached.status == AlignStatus::kStopped || result->iterations >= options.max_iterations ||
      !IsPoor(prepared, options, reached.final_cost)) {
    return reached;
  }
  AlignResult other;
  DescentResult found = FromSearch(prepared, options, callback, &other);
  result->iterations += other.iterations;
  result->evaluations += other.evaluations;
  result->searched = true;
  found.initial_cost = reached.initial_cost;
  found.restarted = reached.restarted;
  if (found.status != AlignStatus::kStopped && found.final_cost < reached.final_cost) {
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
  AlignResult result;
  result.prepare_seconds = SecondsSince(start);

  const Clock::time_point solve_start = Clock::now();
  const DescentResult reached = initial ? FromStart(prepared, options, callback, *initial, &result)
                                        : FromSearch(prepared, options, callback, &result);
  result.solve_seconds = SecondsSince(solve_start);
  result.status = reached.status;
  result.termination = reached.termination;
  result.initial_cost = reached.initial_cost;
  result.final_cost = reached.final_cost;
  result.restarted = reached.restarted;
  result.sharpened = reached.sharpened;
  Describe(prepared, options, reached.rig_from_run, &result);
  return result;
}

}  // namespace ceres_align
