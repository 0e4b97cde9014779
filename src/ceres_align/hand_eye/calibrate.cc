#include "ceres_align/hand_eye/calibrate.h"

#include <chrono>
#include <utility>

#include "ceres_align/assess/verdict.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Solve(const HandEyeProblem& problem, const std::optional<Rigid3d>& start,
           Rasterizer* rasterizer, const AlignOptions& options, const AlignCallback& callback,
           HandEyeResult* result) {
  const Clock::time_point begin = Clock::now();
  result->scene = MakeHandEyeScene(problem);
  result->scene.initial_rig_from_world = start;
  result->meshes = PrepareMeshes(result->scene);
  const double prepare_seconds = SecondsSince(begin);
  result->align = AlignStates(result->scene, result->meshes, rasterizer, options, callback);
  result->align.prepare_seconds += prepare_seconds;
}

bool IsAboutRight(const AlignResult& align) {
  return align.status != AlignStatus::kStopped && align.MeanIou() >= kLimits.least_mean_iou;
}

}  // namespace

HandEyeResult CalibrateHandEye(const HandEyeProblem& problem,
                               const std::optional<Rigid3d>& start_rig_from_world,
                               Rasterizer* rasterizer, const HandEyeOptions& options,
                               const AlignCallback& callback) {
  HandEyeResult result;
  int steps = 0;
  const AlignCallback counted = [&](const AlignIteration& step) {
    ++steps;
    return callback == nullptr || callback(step);
  };
  Solve(problem, start_rig_from_world, rasterizer, options.align, counted, &result);
  if (!(options.check_joints || options.joint_offsets) || !IsAboutRight(result.align) ||
      problem.model.variable_names.empty()) {
    return result;
  }
  const Clock::time_point begin = Clock::now();
  result.offsets =
      EstimateJointOffsets(problem, result.scene, result.align.rig_from_world, rasterizer);
  result.offsets_taken = options.joint_offsets && result.offsets->known();
  if (result.offsets_taken) {
    HandEyeProblem moved = problem;
    moved.states.rowwise() += result.offsets->Values().transpose();
    result.first_step = steps;
    Solve(moved, result.offsets->rig_from_world, rasterizer, options.align, counted, &result);
    TakeOffsets(*result.offsets, &result.align);
  } else {
    JudgeOffsets(*result.offsets, &result.align);
  }
  result.joints_seconds = SecondsSince(begin);
  return result;
}

std::string FirstStateBeyondLimits(const HandEyeProblem& problem) {
  for (Eigen::Index s = 0; s < problem.states.rows(); ++s) {
    const std::string why = WhyBeyondLimits(problem.model, problem.states.row(s).transpose());
    if (!why.empty()) return Format("state %d: %s", static_cast<int>(s), why.c_str());
  }
  return "";
}

}  // namespace ceres_align
