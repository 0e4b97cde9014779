#include "ceres_align/unknowns/joint_solver.h"

#include <ceres/ceres.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/cost/rig_cost_function.h"
#include "ceres_align/cost/view_batch.h"
#include "ceres_align/unknowns/intrinsics_manifold.h"

namespace ceres_align {
namespace {

constexpr double kInitialRadius = 1e2;
constexpr double kMaxRotationStep_rad = 0.35, kMaxTranslationStep = 0.3;
// Mean squared residual per px of outline that sampling leaves of a perfect mask, about.
constexpr double kLeastNoise = 0.02;

struct LogPrior {  // of one number given as its logarithm's difference
  double prior, weight;
  template <typename T>
  bool operator()(const T* x, T* residual) const {
    residual[0] = weight * (x[0] - prior);
    return true;
  }
};

struct IntrinsicsPrior {
  std::array<double, 4> prior;
  double focal_weight, point_weight;
  template <typename T>
  bool operator()(const T* x, T* residual) const {
    using std::log;
    residual[0] = focal_weight * log(x[0] / prior[0]);
    residual[1] = point_weight * (x[2] - prior[2]);
    residual[2] = point_weight * (x[3] - prior[3]);
    return true;
  }
};

// The parameter blocks of all unknowns.
struct Blocks {
  double rig[kPoseBlockSize];
  double rig_origin[kPoseBlockSize];  // the first camera's place as a constant
  std::vector<std::array<double, kPoseBlockSize>> places;
  std::vector<std::array<double, 4>> models;
  double log_scale;

  explicit Blocks(const JointState& state) : models(state.values.intrinsics) {
    ToPoseBlock(state.rig_from_run, rig);
    ToPoseBlock(Rigid3d(), rig_origin);
    for (const Rigid3d& pose : state.values.cam_from_rig) {
      places.emplace_back();
      ToPoseBlock(pose, places.back().data());
    }
    log_scale = state.values.log_scale;
  }
  void Store(const UnknownOptions& unknowns, JointState* state) const {
    state->rig_from_run = FromPoseBlock(rig);
    if (unknowns.HasIntrinsics()) state->values.intrinsics = models;
    for (size_t p = 1; unknowns.HasRig() && p < places.size(); ++p) {
      state->values.cam_from_rig[p] = FromPoseBlock(places[p].data());
    }
    if (unknowns.scale_sigma > 0) state->values.log_scale = log_scale;
  }
};

// s / sigma: 0 without a prior.
double Weight(double noise, double sigma) { return std::isinf(sigma) ? 0 : noise / sigma; }

class LevelProblem {
 public:
  LevelProblem(const PreparedScene& scene, const SharedCameras& shared,
               const UnknownOptions& unknowns, Blocks* blocks)
      : scene_(scene),
        shared_(shared),
        unknowns_(unknowns),
        blocks_(*blocks),
        batch_(scene.rasterizer()),
        problem_(Options(&batch_)) {}

  ceres::Problem* problem() { return &problem_; }
  ViewBatch* batch() { return &batch_; }

  void AddViews(const std::vector<SilhouetteView>& views, double depth) {
    batch_.LimitSteps(kMaxRotationStep_rad, kMaxTranslationStep * depth);
    problem_.AddParameterBlock(blocks_.rig, kPoseBlockSize, new PoseManifold);
    for (size_t i = 0; i < views.size(); ++i) {
      ViewBlocks own(blocks_.rig);
      std::vector<double*> list = {blocks_.rig};
      if (unknowns_.HasRig() && shared_.place[i] > 0) {
        double* place = blocks_.places[shared_.place[i]].data();
        list.push_back(place);
        own.cam_from_rig = place;
        if (!problem_.HasParameterBlock(place)) {
          problem_.AddParameterBlock(place, kPoseBlockSize, new PoseManifold);
        }
      }
      if (unknowns_.HasIntrinsics()) {
        double* model = blocks_.models[shared_.model[i]].data();
        list.push_back(model);
        own.intrinsics = model;
        if (!problem_.HasParameterBlock(model)) {
          problem_.AddParameterBlock(
              model, 4,
              new IntrinsicsManifold(unknowns_.focal_sigma > 0,
                                     unknowns_.principal_point_sigma_px > 0));
        }
      }
      if (unknowns_.scale_sigma > 0) {
        list.push_back(&blocks_.log_scale);
        own.log_scale = &blocks_.log_scale;
      }
      const int index = batch_.AddView(views[i], own);
      problem_.AddResidualBlock(new SilhouetteCostFunction(&batch_, index), nullptr, list);
    }
  }

  // `noise`: s.
  void AddPriors(const UnknownValues& priors, double noise) {
    if (unknowns_.scale_sigma > 0) {
      problem_.AddResidualBlock(new ceres::AutoDiffCostFunction<LogPrior, 1, 1>(new LogPrior{
                                    priors.log_scale, Weight(noise, unknowns_.scale_sigma)}),
                                nullptr, &blocks_.log_scale);
    }
    for (size_t m = 0; unknowns_.HasIntrinsics() && m < blocks_.models.size(); ++m) {
      const double focal = unknowns_.focal_sigma, point = unknowns_.principal_point_sigma_px;
      problem_.AddResidualBlock(
          new ceres::AutoDiffCostFunction<IntrinsicsPrior, 3, 4>(
              new IntrinsicsPrior{priors.intrinsics[m], focal > 0 ? Weight(noise, focal) : 0,
                                  point > 0 ? Weight(noise, point) : 0}),
          nullptr, blocks_.models[m].data());
    }
    if (!unknowns_.HasRig()) return;
    for (size_t p = 1; p < blocks_.places.size(); ++p) {
      const double baseline = Baseline(priors, p);
      if (!problem_.HasParameterBlock(blocks_.rig_origin)) {
        problem_.AddParameterBlock(blocks_.rig_origin, kPoseBlockSize);
        problem_.SetParameterBlockConstant(blocks_.rig_origin);
      }
      problem_.AddResidualBlock(
          RigCostFunction::Create(priors.cam_from_rig[p], unknowns_.rig_rotation_sigma_rad / noise,
                                  unknowns_.rig_translation_sigma * baseline / noise),
          nullptr, blocks_.rig_origin, blocks_.places[p].data());
    }
  }

 private:
  static ceres::Problem::Options Options(ViewBatch* batch) {
    ceres::Problem::Options options;
    options.evaluation_callback = batch;
    return options;
  }
  double Baseline(const UnknownValues& priors, size_t place) const {
    const Rigid3d first_from_place = priors.cam_from_rig[0] * Inverse(priors.cam_from_rig[place]);
    return std::max(first_from_place.translation.norm(), 1e-3 * scene_.radius());
  }

  const PreparedScene& scene_;
  const SharedCameras& shared_;
  const UnknownOptions& unknowns_;
  Blocks& blocks_;
  ViewBatch batch_;
  ceres::Problem problem_;
};

class Reporter : public ceres::IterationCallback {
 public:
  Reporter(size_t level, const JointCallback& callback) : level_(level), callback_(callback) {}
  ceres::CallbackReturnType operator()(const ceres::IterationSummary& summary) override {
    return callback_ && !callback_(level_, summary.iteration, summary.cost)
               ? ceres::SOLVER_ABORT
               : ceres::SOLVER_CONTINUE;
  }

 private:
  const size_t level_;
  const JointCallback& callback_;
};

// The scene's views at a level, with the state's values for what is not a block.
std::vector<SilhouetteView> ViewsOf(const PreparedScene& scene, const SharedCameras& shared,
                                    const JointState& state, size_t level, double depth) {
  std::vector<SilhouetteView> views = scene.ViewsAt(level, depth);
  for (size_t i = 0; i < views.size(); ++i) {
    const Camera& full = scene.scene().views[i].camera;
    views[i].px_per_full_px = {static_cast<double>(views[i].camera.width_px) / full.width_px,
                               static_cast<double>(views[i].camera.height_px) / full.height_px};
    const std::array<double, 4>& k = state.values.intrinsics[shared.model[i]];
    views[i].camera.fx_px = views[i].px_per_full_px.x() * k[0];
    views[i].camera.fy_px = views[i].px_per_full_px.y() * k[1];
    views[i].camera.cx_px = views[i].px_per_full_px.x() * k[2];
    views[i].camera.cy_px = views[i].px_per_full_px.y() * k[3];
    views[i].cam_from_rig = state.values.cam_from_rig[shared.place[i]];
  }
  return views;
}

// Of the silhouettes at the blocks' present values.
double CostOf(ViewBatch* batch) {
  batch->PrepareForEvaluation(true, true);
  if (batch->refused()) return std::numeric_limits<double>::infinity();
  double cost = 0;
  for (int i = 0; i < batch->num_views(); ++i) cost += batch->cost(i);
  return cost;
}

}  // namespace

double CostAt(const PreparedScene& scene, const SharedCameras& shared, const JointState& state,
              size_t level) {
  double rig[kPoseBlockSize];
  ToPoseBlock(state.rig_from_run, rig);
  ViewBlocks blocks(rig);
  blocks.log_scale = &state.values.log_scale;
  std::vector<RasterJob> jobs;
  for (const SilhouetteView& view :
       ViewsOf(scene, shared, state, level, scene.Depth(state.rig_from_run))) {
    jobs.push_back(ViewValues(view, blocks).Job(view, false));
  }
  std::vector<GramResult> results;
  scene.rasterizer()->Evaluate(jobs, &results);
  double cost = 0;
  for (const GramResult& result : results) cost += 0.5 * result.gram[48];
  return cost;
}

JointResult SolveJointly(const PreparedScene& scene, const SharedCameras& shared,
                         const UnknownOptions& unknowns, const UnknownValues& priors,
                         const JointState& start, const JointOptions& options,
                         const JointCallback& callback) {
  JointResult result;
  result.state = start;
  Blocks blocks(start);
  for (size_t level = options.first_level; level <= options.last_level; ++level) {
    const bool last = level == options.last_level;
    const double depth = scene.Depth(result.state.rig_from_run);
    std::vector<SilhouetteView> views = ViewsOf(scene, shared, result.state, level, depth);
    for (SilhouetteView& view : views) view.window = last ? options.window : 1;
    LevelProblem level_problem(scene, shared, unknowns, &blocks);
    level_problem.AddViews(views, depth);
    const double before = CostOf(level_problem.batch());
    const double outline_px = std::max(1.0, scene.OutlineLength(level));
    level_problem.AddPriors(priors, std::sqrt(std::max(kLeastNoise, 2 * before / outline_px)));
    Reporter reporter(level, callback);
    ceres::Solver::Options solver;
    solver.linear_solver_type = ceres::DENSE_QR;
    solver.initial_trust_region_radius = kInitialRadius;
    solver.max_num_iterations = options.max_iterations_per_level;
    solver.function_tolerance = last ? options.cost_change : 1e-4;
    solver.parameter_tolerance = 1e-10;
    solver.gradient_tolerance = 1e-14;
    solver.logging_type = ceres::SILENT;
    solver.callbacks.push_back(&reporter);
    ceres::Solver::Summary summary;
    ceres::Solve(solver, level_problem.problem(), &summary);
    blocks.Store(unknowns, &result.state);
    result.iterations += std::max(0, static_cast<int>(summary.iterations.size()) - 1);
    result.cost = CostOf(level_problem.batch());
    result.evaluations += level_problem.batch()->num_evaluations();
    result.converged = summary.termination_type == ceres::CONVERGENCE;
    result.stopped = summary.termination_type == ceres::USER_FAILURE;
    if (result.stopped) break;
  }
  return result;
}

}  // namespace ceres_align
