#include "ceres_align/align/aligner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "ceres_align/align/covariance.h"
#include "ceres_align/align/descent.h"
#include "ceres_align/align/global_search.h"
#include "ceres_align/align/metrics.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool TouchesFrame(const ImageF& mask) {
  for (int c = 0; c < mask.width; ++c) {
    if (mask.at(c, 0) >= 0.5f || mask.at(c, mask.height - 1) >= 0.5f) return true;
  }
  for (int r = 0; r < mask.height; ++r) {
    if (mask.at(0, r) >= 0.5f || mask.at(mask.width - 1, r) >= 0.5f) return true;
  }
  return false;
}

ViewResult Judge(const PreparedScene& prepared, const SilhouetteView& at_full, size_t index,
                 const Rigid3d& rig_from_run) {
  const View& view = prepared.scene().views[index];
  const Image<double> coverage =
      prepared.rasterizer()->Coverage(at_full.Job(rig_from_run), nullptr);
  ViewResult result;
  result.name = view.name;
  result.cam_from_world = view.cam_from_rig * prepared.FromRun(rig_from_run);
  result.camera_center_in_world = result.cam_from_world.TargetOriginInSource();
  result.iou = IntersectionOverUnion(coverage, view.mask, view.weight);
  result.contour_rms_px = ContourRms_px(coverage, view.mask, view.weight);
  result.mask_empty = prepared.mask_empty(index);
  result.mask_touches_frame = TouchesFrame(view.mask);
  result.object_in_frame =
      std::any_of(coverage.pixels.begin(), coverage.pixels.end(), [](double m) { return m > 0; });
  return result;
}

// What is said of a pose: each view's agreement, and the covariance.
void Describe(const PreparedScene& prepared, const AlignOptions& options,
              const Rigid3d& rig_from_run, AlignResult* result) {
  const size_t last = prepared.last_level();
  std::vector<SilhouetteView> views = prepared.ViewsAt(last, prepared.Depth(rig_from_run));
  bool overlap = false;
  for (size_t i = 0; i < views.size(); ++i) {
    result->views.push_back(Judge(prepared, views[i], i, rig_from_run));
    overlap = overlap || (!result->views[i].mask_empty && result->views[i].iou > 0);
  }
  if (!overlap) {
    result->status = AlignStatus::kNoOverlap;
    result->termination = "the object meets none of the masks; " + result->termination;
  }
  if (options.covariance && overlap) {
    std::vector<const Target*> targets;
    for (const auto& target : prepared.level(last).targets) targets.push_back(target.get());
    // Of the residual that the pose is the optimum of.
    for (SilhouetteView& view : views) view.window = result->sharpened ? options.sharp_window : 1;
    result->covariance =
        SandwichCovariance(views, targets, prepared.rasterizer(), prepared.radius(), rig_from_run);
  }
  result->rig_from_world = prepared.FromRun(rig_from_run);
  result->object_center_in_world = prepared.center();
  result->backend = prepared.rasterizer()->name();
}

DescentResult FromStart(const PreparedScene& prepared, const AlignOptions& options,
                        const AlignCallback& callback, const Rigid3d& initial,
                        AlignResult* result) {
  Descent descent(prepared, options, callback);
  DescentResult reached = descent.Run(initial);
  result->iterations = descent.iterations();
  result->evaluations = descent.evaluations();
  return reached;
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
    result->alternatives.push_back({prepared.FromRun(poses[i].rig_from_world),
                                    (poses[i].cost + floor) / (polished.final_cost + floor)});
    result->ambiguous =
        result->ambiguous || !(result->alternatives.back().cost_ratio > kAmbiguousRatio);
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

void Require(bool ok, const char* field, double value, const char* rule) {
  if (ok) return;
  char text[160];
  std::snprintf(text, sizeof(text), "option %s is %g; it must be %s", field, value, rule);
  throw InputError(text);
}

}  // namespace

const char* ToString(AlignStatus status) {
  switch (status) {
    case AlignStatus::kConverged:
      return "converged";
    case AlignStatus::kNotConverged:
      return "not_converged";
    case AlignStatus::kNoOverlap:
      return "no_overlap";
    case AlignStatus::kStopped:
      return "stopped";
    case AlignStatus::kFailed:
      return "failed";
  }
  return "unknown";
}

void AlignOptions::Validate() const {
  Require(coarsest_width_px >= 4, "coarsest_width_px", coarsest_width_px, "at least 4");
  Require(level_factor > 1 && level_factor <= 16, "level_factor", level_factor,
          "above 1 and at most 16");
  Require(max_iterations_per_level >= 1, "max_iterations_per_level", max_iterations_per_level,
          "at least 1");
  Require(max_iterations >= 1, "max_iterations", max_iterations, "at least 1");
  Require(max_rotation_step_rad > 0, "max_rotation_step_rad", max_rotation_step_rad, "positive");
  Require(max_translation_step > 0, "max_translation_step", max_translation_step, "positive");
  Require(restarts >= 0, "restarts", restarts, "at least 0");
  Require(restart_angle_rad > 0 && restart_angle_rad <= M_PI, "restart_angle_rad",
          restart_angle_rad, "above 0 and at most pi");
  Require(restart_misfit >= 0, "restart_misfit", restart_misfit, "at least 0");
  Require(search_rotations >= 1, "search_rotations", search_rotations, "at least 1");
  Require(search_refined >= 1, "search_refined", search_refined, "at least 1");
  Require(search_kept >= 1, "search_kept", search_kept, "at least 1");
  Require(search_finalists >= 1, "search_finalists", search_finalists, "at least 1");
  Require(sharp_window >= 1 && sharp_window % 2 == 1, "sharp_window", sharp_window,
          "odd and at least 1");
  Require(coarse_step_px >= 0, "coarse_step_px", coarse_step_px, "at least 0");
  Require(coarse_cost_change >= 0, "coarse_cost_change", coarse_cost_change, "at least 0");
  Require(final_step_px >= 0, "final_step_px", final_step_px, "at least 0");
  Require(final_cost_change >= 0, "final_cost_change", final_cost_change, "at least 0");
}

double AlignResult::MeanIou() const {
  double sum = 0;
  int count = 0;
  for (const ViewResult& view : views) {
    if (view.mask_empty) continue;
    sum += view.iou;
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

bool AlignResult::IsUsable() const {
  const bool each = std::all_of(views.begin(), views.end(), [](const ViewResult& view) {
    return view.mask_empty || view.iou >= 0.7;
  });
  return status == AlignStatus::kConverged && !ambiguous && each && MeanIou() >= 0.85;
}

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
