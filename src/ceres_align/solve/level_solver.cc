#include "ceres_align/solve/level_solver.h"

#include <ceres/ceres.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/view_batch.h"

namespace ceres_align {
namespace {

// Relative to Ceres' scaled trust region; the default of 1e4 lets the first step be a full
// Gauss–Newton step, which at a coarse level is often too long.
constexpr double kInitialRadius = 1e2;

// A step shorter than this part of the outlines' rms misfit is far inside what the masks tell.
constexpr double kStepOfMisfit = 0.01;
// Two steps that are alike but for their lengths, in this ratio, are followed by more such.
constexpr double kLeastRatio = 0.4, kMostRatio = 0.95, kLeastCosine = 0.95;

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

using Vector6d = Eigen::Matrix<double, 6, 1>;

// The step between two poses, in mesh units: what it moves points at the object's radius by.
Vector6d StepBetween(const Rigid3d& from, const Rigid3d& to, double radius) {
  Vector6d step;
  step << LogRotation(to.rotation * from.rotation.conjugate()) * radius,
      to.translation - from.translation;
  return step;
}

class Observer : public ceres::IterationCallback {
 public:
  Observer(const std::vector<SilhouetteView>& views, const double* block,
           const LevelOptions& options, const LevelCallback& callback)
      : views_(views), block_(block), options_(options), callback_(callback) {}

  // Before each run of the solver: how many iterations have been, and the cost that it must begin
  // below.
  void Begin(int first, double below) {
    first_ = first;
    below_ = below;
    last_ = FromPoseBlock(block_);
    last_step_.setZero();
    target.reset();
  }

  ceres::CallbackReturnType operator()(const ceres::IterationSummary& summary) override {
    if (summary.iteration == 0 && first_ > 0) {
      overshot = !(summary.cost < below_);
      return overshot ? ceres::SOLVER_TERMINATE_SUCCESSFULLY : ceres::SOLVER_CONTINUE;
    }
    AlignIteration iteration{};
    iteration.iteration = first_ + summary.iteration;
    iteration.cost = summary.cost;
    iteration.accepted = summary.step_is_successful || summary.iteration == 0;
    iteration.rig_from_world = FromPoseBlock(block_);
    const bool moved = summary.iteration > 0 && iteration.accepted;
    if (moved) {
      iteration.step_px = StepPx(views_, last_, iteration.rig_from_world, options_.radius);
      Extrapolate(iteration.rig_from_world);
    }
    last_ = iteration.rig_from_world;
    if (callback_ && !callback_(iteration)) {
      stopped = true;
      return ceres::SOLVER_ABORT;
    }
    if (moved && iteration.step_px < SmallStepPx(summary.cost)) {
      last_step_px = iteration.step_px;
      small_step_px = SmallStepPx(summary.cost);
      return ceres::SOLVER_TERMINATE_SUCCESSFULLY;
    }
    return target ? ceres::SOLVER_TERMINATE_SUCCESSFULLY : ceres::SOLVER_CONTINUE;
  }

  bool may_extrapolate = true;
  std::optional<Rigid3d> target;  // where the steps lead to
  bool overshot = false, stopped = false;
  double small_step_px = 0;  // the limit, once a step was smaller
  double last_step_px = 0;

 private:
  double SmallStepPx(double cost) const {
    if (cost < options_.early_cost) return std::max(options_.step_px, options_.early_step_px);
    if (options_.outline_px == 0) return options_.step_px;
    return std::max(options_.step_px, kStepOfMisfit * std::sqrt(2 * cost / options_.outline_px));
  }

  void Extrapolate(const Rigid3d& pose) {
    const Vector6d step = StepBetween(last_, pose, options_.radius);
    const double length = step.norm(), before = last_step_.norm();
    const bool alike = step.dot(last_step_) > kLeastCosine * length * before;
    if (may_extrapolate && alike && length > kLeastRatio * before && length < kMostRatio * before) {
      const Vector6d rest = length / (before - length) * step;
      target = Rigid3d(ExpRotation(rest.head<3>() / options_.radius) * pose.rotation,
                       Eigen::Vector3d(pose.translation + rest.tail<3>()));
    }
    last_step_ = step;
  }

  const std::vector<SilhouetteView>& views_;
  const double* block_;
  const LevelOptions& options_;
  const LevelCallback& callback_;
  int first_ = 0;
  double below_ = 0;
  Rigid3d last_;
  Vector6d last_step_ = Vector6d::Zero();
};

std::string Describe(const Observer& observer, const ceres::Solver::Summary& summary,
                     const LevelOptions& options) {
  char text[160];
  if (observer.stopped) return "stopped by the caller";
  if (observer.small_step_px > 0) {
    std::snprintf(text, sizeof(text), "a step moved the outline by %.2g px, less than %.2g px",
                  observer.last_step_px, observer.small_step_px);
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
  LevelResult result;
  ceres::Solver::Summary summary;
  ceres::Solver::Options solver = SolverOptions(options, &observer);
  double below = std::numeric_limits<double>::infinity(), best[kPoseBlockSize];
  for (bool first = true;; first = false) {
    observer.Begin(result.iterations, below);
    solver.max_num_iterations = options.max_iterations - result.iterations;
    ceres::Solve(solver, &problem, &summary);
    if (first) result.initial_cost = summary.initial_cost;
    if (!first && (observer.overshot || summary.termination_type == ceres::FAILURE)) {
      // Back, and on by the solver's own steps.
      observer.may_extrapolate = observer.overshot = false;
      below = std::numeric_limits<double>::infinity();
      std::copy(best, best + kPoseBlockSize, block);
      continue;
    }
    result.iterations += std::max(0, static_cast<int>(summary.iterations.size()) - 1);
    const bool over = observer.stopped || observer.small_step_px > 0 ||
                      result.iterations >= options.max_iterations;
    if (over || !observer.target) break;
    below = summary.final_cost;
    std::copy(block, block + kPoseBlockSize, best);
    ToPoseBlock(*observer.target, block);
  }
  result.rig_from_world = FromPoseBlock(block);
  result.final_cost = summary.final_cost;
  result.evaluations = batch.num_evaluations();
  result.moved_px = StepPx(views, rig_from_world, result.rig_from_world, options.radius);
  result.stopped = observer.stopped;
  result.converged = summary.termination_type == ceres::CONVERGENCE || observer.small_step_px > 0;
  result.ended_early = observer.small_step_px > 0 && summary.final_cost < options.early_cost;
  result.failed = !result.converged && summary.termination_type == ceres::FAILURE;
  result.termination = Describe(observer, summary, options);
  return result;
}

}  // namespace ceres_align
