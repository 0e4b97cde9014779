#include "ceres_align/solve/level_solver.h"

#include <ceres/ceres.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/view_batch.h"

namespace ceres_align {
namespace {

// Relative to Ceres' scaled trust region; the default of 1e4 lets the first step be a full
// Gauss–Newton step, which at a coarse level is often too long.
constexpr double kInitialRadius = 1e2;

// px that the outline moves at most, over all views, between two poses.
double StepPx(const std::vector<SilhouetteView>& views, const Rigid3d& from, const Rigid3d& to,
              double radius) {
  const double turn = RotationAngle_rad(from.rotation, to.rotation) * radius;
  const double shift = (to.translation - from.translation).norm();
  double step_px = 0;
  for (const SilhouetteView& view : views) {
    const double z = (view.Job(to).cam_from_object * view.mesh_center_in_object).z();
    const double px_per_unit = view.camera.MostPxPerUnit() / std::max(z, 0.1 * radius);
    step_px = std::max(step_px, px_per_unit * (turn + shift));
  }
  return step_px;
}

class Observer : public ceres::IterationCallback {
 public:
  Observer(const std::vector<SilhouetteView>& views, const double* block,
           const LevelOptions& options, const LevelCallback& callback)
      : views_(views),
        block_(block),
        options_(options),
        callback_(callback),
        last_(FromPoseBlock(block)) {}

  ceres::CallbackReturnType operator()(const ceres::IterationSummary& summary) override {
    AlignIteration iteration{};
    iteration.iteration = summary.iteration;
    iteration.cost = summary.cost;
    iteration.accepted = summary.step_is_successful || summary.iteration == 0;
    iteration.rig_from_world = FromPoseBlock(block_);
    if (summary.iteration > 0 && iteration.accepted) {
      iteration.step_px = StepPx(views_, last_, iteration.rig_from_world, options_.radius);
    }
    last_ = iteration.rig_from_world;
    if (callback_ && !callback_(iteration)) {
      stopped = true;
      return ceres::SOLVER_ABORT;
    }
    if (summary.iteration > 0 && iteration.accepted && iteration.step_px < options_.step_px) {
      last_step_px = iteration.step_px;
      small_step = true;
      return ceres::SOLVER_TERMINATE_SUCCESSFULLY;
    }
    return ceres::SOLVER_CONTINUE;
  }

  bool stopped = false, small_step = false;
  double last_step_px = 0;

 private:
  const std::vector<SilhouetteView>& views_;
  const double* block_;
  const LevelOptions& options_;
  const LevelCallback& callback_;
  Rigid3d last_;
};

std::string Describe(const Observer& observer, const ceres::Solver::Summary& summary,
                     const LevelOptions& options) {
  char text[160];
  if (observer.stopped) return "stopped by the caller";
  if (observer.small_step) {
    std::snprintf(text, sizeof(text), "a step moved the outline by %.2g px, less than %.2g px",
                  observer.last_step_px, options.step_px);
    return text;
  }
  switch (summary.termination_type) {
    case ceres::CONVERGENCE:
      if (summary.final_cost == 0) return "the masks are met exactly";
      std::snprintf(text, sizeof(text), "no step lowers the cost by more than a fraction of %.2g",
                    options.cost_change);
      return text;
    case ceres::NO_CONVERGENCE:
      std::snprintf(text, sizeof(text), "the limit of %d iterations was reached",
                    options.max_iterations);
      return text;
    default:
      return "the solver failed: " + summary.message;
  }
}

ceres::Solver::Options SolverOptions(const LevelOptions& options, Observer* observer) {
  ceres::Solver::Options solver;
  solver.trust_region_strategy_type = ceres::LEVENBERG_MARQUARDT;
  solver.linear_solver_type = ceres::DENSE_QR;
  solver.initial_trust_region_radius = kInitialRadius;
  solver.max_num_iterations = options.max_iterations;
  solver.function_tolerance = options.cost_change;
  solver.parameter_tolerance = 1e-12;
  solver.gradient_tolerance = 1e-14;
  solver.num_threads = 1;
  solver.logging_type = ceres::SILENT;
  solver.minimizer_progress_to_stdout = false;
  solver.update_state_every_iteration = true;
  solver.callbacks.push_back(observer);
  return solver;
}

}  // namespace

LevelResult SolveLevel(const std::vector<SilhouetteView>& views, Rasterizer* rasterizer,
                       const Rigid3d& rig_from_world, const LevelOptions& options,
                       const LevelCallback& callback) {
  double block[kPoseBlockSize];
  ToPoseBlock(rig_from_world, block);
  ViewBatch batch(rasterizer);
  batch.LimitSteps(options.max_rotation_step_rad, options.max_translation_step);
  ceres::Problem::Options problem_options;
  problem_options.evaluation_callback = &batch;
  ceres::Problem problem(problem_options);
  problem.AddParameterBlock(block, kPoseBlockSize, new PoseManifold);
  for (const SilhouetteView& view : views) {
    const int index = batch.AddView(view, block);
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, index), nullptr, block);
  }
  Observer observer(views, block, options, callback);
  ceres::Solver::Summary summary;
  ceres::Solve(SolverOptions(options, &observer), &problem, &summary);

  LevelResult result;
  result.rig_from_world = FromPoseBlock(block);
  result.initial_cost = summary.initial_cost;
  result.final_cost = summary.final_cost;
  result.iterations = std::max(0, static_cast<int>(summary.iterations.size()) - 1);
  result.evaluations = batch.num_evaluations();
  result.stopped = observer.stopped;
  result.converged = summary.termination_type == ceres::CONVERGENCE || observer.small_step;
  result.failed = !result.converged && summary.termination_type == ceres::FAILURE;
  result.termination = Describe(observer, summary, options);
  return result;
}

}  // namespace ceres_align
