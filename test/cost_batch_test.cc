// ViewBatch and the caches: the same numbers as self-contained costs, evaluated once; steps that
// are too long are refused and Ceres recovers.
#include <ceres/ceres.h>
#include <gtest/gtest.h>

#include "ceres_align/cost/view_batch.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::MovePose;
using testing::PoseBlock;
using testing::Quadratic;
using testing::QuadraticOf;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using testing::Views;

// Counts what it passes on.
class CountingRasterizer : public Rasterizer {
 public:
  explicit CountingRasterizer(Rasterizer* inner) : inner_(inner) {}
  std::string name() const override { return inner_->name(); }
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override { return inner_->AddMesh(mesh); }
  TargetId AddTarget(std::shared_ptr<const Target> t) override { return inner_->AddTarget(t); }
  void ReleaseMesh(MeshId id) override { inner_->ReleaseMesh(id); }
  void ReleaseTarget(TargetId id) override { inner_->ReleaseTarget(id); }
  Eigen::Vector3d MeshCenter(MeshId id) const override { return inner_->MeshCenter(id); }
  void Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) override {
    ++batches;
    num_jobs += static_cast<int>(jobs.size());
    inner_->Evaluate(jobs, results);
  }
  void ForEach(size_t n, const std::function<void(size_t)>& body) override {
    inner_->ForEach(n, body);
  }
  Image<double> Coverage(const RasterJob& job, std::vector<double>* jacobian) override {
    return inner_->Coverage(job, jacobian);
  }
  void Outline(const RasterJob& job, std::vector<OutlineSample>* samples) override {
    inner_->Outline(job, samples);
  }
  int batches = 0, num_jobs = 0;

 private:
  Rasterizer* inner_;
};

// Two views of a rig, 35 degrees apart.
struct TwoViews {
  TwoViews() {
    const TriangleMesh mesh = MakeMultiPart(1200);
    const Camera camera = TestCamera(120, 100);
    Random random("two views", 0);
    truth = RandomPose(mesh, camera, 38, &random);
    data = std::make_unique<Views>(mesh, truth);
    rasterizer = std::make_unique<CountingRasterizer>(data->rasterizer());
    views = {data->Add(camera, Rigid3d(), Rigid3d(), 1, true),
             data->Add(camera, TurnedCamera(truth.translation, 0.6), Rigid3d(), 1, false)};
  }
  PoseBlock Off(double angle_deg, int index = 0) const {
    Random random("off", index);
    Vector6d delta;
    delta << angle_deg * M_PI / 180 * random.UnitVector(), 0.05 * random.UnitVector();
    return ToBlock(MovePose(truth, Eigen::Vector3d::Zero(), delta));
  }
  Rigid3d truth;
  std::unique_ptr<Views> data;
  std::unique_ptr<CountingRasterizer> rasterizer;
  std::vector<SilhouetteView> views;
};

void ExpectSameBits(const Quadratic& a, const Quadratic& b) {
  EXPECT_EQ(a.cost, b.cost);
  EXPECT_TRUE(a.gradient == b.gradient);
  EXPECT_TRUE(a.hessian == b.hessian);
}

TEST(ViewBatch, EqualsSelfContainedCosts) {
  TwoViews scene;
  PoseBlock block = scene.Off(4);
  ViewBatch batch(scene.rasterizer.get());
  for (const SilhouetteView& view : scene.views) batch.AddView(view, block.data());
  const SilhouetteCostFunction first(&batch, 0), second(&batch, 1);
  const SilhouetteCostFunction own_first(scene.views[0], scene.rasterizer.get());
  const SilhouetteCostFunction own_second(scene.views[1], scene.rasterizer.get());
  for (int trial = 0; trial < 5; ++trial) {
    block = scene.Off(2.0 + trial, trial);
    batch.PrepareForEvaluation(true, true);
    const Quadratic a = QuadraticOf(first, block), b = QuadraticOf(second, block);
    EXPECT_GT(a.cost, 1);
    EXPECT_NE(a.cost, b.cost);
    ExpectSameBits(a, QuadraticOf(own_first, block));
    ExpectSameBits(b, QuadraticOf(own_second, block));
  }
}

TEST(ViewBatch, ViewsMayHaveTheirOwnPoseBlocks) {
  TwoViews scene;
  PoseBlock first = scene.Off(3, 0), second = scene.Off(5, 1);
  ViewBatch batch(scene.rasterizer.get());
  batch.AddView(scene.views[0], first.data());
  batch.AddView(scene.views[1], second.data());
  batch.PrepareForEvaluation(true, true);
  EXPECT_EQ(scene.rasterizer->batches, 1);
  EXPECT_EQ(scene.rasterizer->num_jobs, 2);
  ExpectSameBits(
      QuadraticOf(SilhouetteCostFunction(&batch, 0), first),
      QuadraticOf(SilhouetteCostFunction(scene.views[0], scene.data->rasterizer()), first));
  ExpectSameBits(
      QuadraticOf(SilhouetteCostFunction(&batch, 1), second),
      QuadraticOf(SilhouetteCostFunction(scene.views[1], scene.data->rasterizer()), second));
  second = scene.Off(6, 2);  // one block moves: the batch is evaluated again
  batch.PrepareForEvaluation(true, true);
  EXPECT_EQ(batch.num_evaluations(), 2);
}

TEST(ViewBatch, ValueAndJacobianAtOnePointCostOneEvaluation) {
  TwoViews scene;
  PoseBlock block = scene.Off(4);
  ViewBatch batch(scene.rasterizer.get());
  for (const SilhouetteView& view : scene.views) batch.AddView(view, block.data());
  batch.PrepareForEvaluation(false, true);
  batch.PrepareForEvaluation(true, false);
  batch.PrepareForEvaluation(true, true);  // bytes decide, not Ceres' word
  EXPECT_EQ(batch.num_evaluations(), 1);
  EXPECT_EQ(scene.rasterizer->batches, 1);
  const PoseBlock old = block;
  block[4] = std::nextafter(block[4], 1e9);
  batch.PrepareForEvaluation(false, false);
  EXPECT_EQ(batch.num_evaluations(), 2);
  block = old;
  batch.PrepareForEvaluation(false, true);
  EXPECT_EQ(batch.num_evaluations(), 3);
  batch.AddView(scene.views[0], block.data());  // not yet evaluated
  batch.PrepareForEvaluation(false, false);
  EXPECT_EQ(batch.num_evaluations(), 4);
  EXPECT_EQ(scene.rasterizer->batches, 4);
  EXPECT_EQ(scene.rasterizer->num_jobs, 9);
}

TEST(SilhouetteCost, KeepsItsLastEvaluation) {
  TwoViews scene;
  const SilhouetteCostFunction cost(scene.views[0], scene.rasterizer.get());
  PoseBlock block = scene.Off(4);
  const double* parameters = block.data();
  Vector7d residuals;
  ASSERT_TRUE(cost.Evaluate(&parameters, residuals.data(), nullptr));
  QuadraticOf(cost, block);
  EXPECT_EQ(scene.rasterizer->batches, 1);
  block[0] = std::nextafter(block[0], 2);
  QuadraticOf(cost, block);
  EXPECT_EQ(scene.rasterizer->batches, 2);
}

struct Solved {
  ceres::Solver::Summary summary;
  PoseBlock block;
  int evaluations;
  double longest_rad = 0;  // accepted step
};

class LongestStep : public ceres::IterationCallback {
 public:
  explicit LongestStep(const PoseBlock* block) : block_(block), last_(*block) {}
  ceres::CallbackReturnType operator()(const ceres::IterationSummary&) override {
    longest_rad = std::max(longest_rad, RotationAngle_rad(FromPoseBlock(block_->data()).rotation,
                                                          FromPoseBlock(last_.data()).rotation));
    last_ = *block_;
    return ceres::SOLVER_CONTINUE;
  }
  double longest_rad = 0;

 private:
  const PoseBlock* block_;
  PoseBlock last_;
};

Solved SolveBatch(TwoViews* scene, const PoseBlock& start, double max_rotation_rad) {
  Solved solved;
  solved.block = start;
  ViewBatch batch(scene->rasterizer.get());
  if (max_rotation_rad > 0) batch.LimitSteps(max_rotation_rad, 10);
  ceres::Problem::Options problem_options;
  problem_options.evaluation_callback = &batch;
  ceres::Problem problem(problem_options);
  problem.AddParameterBlock(solved.block.data(), 7, new PoseManifold);
  for (const SilhouetteView& view : scene->views) {
    const int index = batch.AddView(view, solved.block.data());
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, index), nullptr,
                             solved.block.data());
  }
  LongestStep longest(&solved.block);
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 100;
  options.logging_type = ceres::SILENT;
  options.update_state_every_iteration = true;
  options.callbacks.push_back(&longest);
  ceres::Solve(options, &problem, &solved.summary);
  solved.evaluations = batch.num_evaluations();
  solved.longest_rad = longest.longest_rad;
  return solved;
}

TEST(ViewBatch, CeresSolvesWithOneEvaluationPerTrialStep) {
  TwoViews scene;
  const Solved solved = SolveBatch(&scene, scene.Off(8), -1);
  EXPECT_EQ(solved.summary.termination_type, ceres::CONVERGENCE);
  // The start, and each trial step; Ceres does not list the one at which it stops.
  EXPECT_LE(solved.evaluations, static_cast<int>(solved.summary.iterations.size()) + 1);
  EXPECT_GE(solved.evaluations, 4);
  EXPECT_EQ(solved.evaluations, scene.rasterizer->batches);
  const Rigid3d pose = FromPoseBlock(solved.block.data());
  EXPECT_LT(RotationAngle_rad(pose.rotation, scene.truth.rotation), 0.5 * M_PI / 180);
}

TEST(ViewBatch, LongTrialStepsAreRefusedWithoutAnEvaluation) {
  TwoViews scene;
  PoseBlock block = scene.Off(4);
  const PoseBlock start = block;
  ViewBatch batch(scene.rasterizer.get());
  batch.AddView(scene.views[0], block.data());
  const SilhouetteCostFunction cost(&batch, 0);
  batch.LimitSteps(0.1, 0.2);
  const auto turned = [&](double angle_rad, double shift) {
    Vector6d delta;
    delta << 0, angle_rad, 0, 0, 0, shift;
    PoseBlock moved;
    PoseManifold().Plus(start.data(), delta.data(), moved.data());
    return moved;
  };
  const double* parameters = block.data();
  Vector7d residuals;
  block = turned(1, 0);
  batch.PrepareForEvaluation(false, true);
  EXPECT_FALSE(batch.refused());  // nothing to measure a step from yet
  block = start;
  batch.PrepareForEvaluation(true, true);
  EXPECT_EQ(batch.num_evaluations(), 2);
  for (const auto& [angle, shift, refused] : {std::tuple(0.099, 0.0, false),
                                              {0.101, 0.0, true},
                                              {0.0, 0.199, false},
                                              {0.0, 0.201, true},
                                              {0.05, -0.3, true},
                                              {-0.2, 0.0, true},
                                              {0.05, 0.1, false},
                                              {NAN, 0.0, true}}) {
    const int before = batch.num_evaluations();
    block = turned(angle, shift);
    batch.PrepareForEvaluation(false, true);
    EXPECT_EQ(batch.refused(), refused) << angle << " " << shift;
    EXPECT_EQ(batch.num_evaluations(), before + (refused ? 0 : 1));
    EXPECT_EQ(cost.Evaluate(&parameters, residuals.data(), nullptr), !refused);
  }
  // Back at the anchor all is well, and where Ceres asks for a Jacobian it is never refused.
  block = start;
  batch.PrepareForEvaluation(true, true);
  EXPECT_TRUE(cost.Evaluate(&parameters, residuals.data(), nullptr));
  block = turned(1, 0);
  batch.PrepareForEvaluation(true, true);
  EXPECT_FALSE(batch.refused());
  block = turned(1.09, 0);  // measured from the new anchor
  batch.PrepareForEvaluation(false, true);
  EXPECT_FALSE(batch.refused());
}

TEST(ViewBatch, CeresRecoversFromRefusedSteps) {
  TwoViews scene;
  const double limit = 0.01;
  const Solved free = SolveBatch(&scene, scene.Off(10), -1);
  const Solved capped = SolveBatch(&scene, scene.Off(10), limit);
  ASSERT_GT(free.longest_rad, 2 * limit);  // the limit has something to do
  EXPECT_LE(capped.longest_rad, limit * (1 + 1e-12));
  EXPECT_GT(capped.summary.num_unsuccessful_steps, 0);
  EXPECT_EQ(capped.summary.termination_type, ceres::CONVERGENCE);
  EXPECT_LT(RotationAngle_rad(FromPoseBlock(capped.block.data()).rotation, scene.truth.rotation),
            0.5 * M_PI / 180);
  EXPECT_LT(capped.evaluations, static_cast<int>(capped.summary.iterations.size()));
}

using ViewBatchDeathTest = ::testing::Test;

TEST(ViewBatchDeathTest, ACostWhoseBatchIsNotTheCallbackDies) {
  TwoViews scene;
  PoseBlock block = scene.Off(4);
  ViewBatch batch(scene.rasterizer.get());
  batch.AddView(scene.views[0], block.data());
  const SilhouetteCostFunction cost(&batch, 0);
  EXPECT_DEATH(QuadraticOf(cost, block), "not this problem's evaluation callback");
  batch.PrepareForEvaluation(true, true);
  EXPECT_DEATH(QuadraticOf(cost, scene.Off(5)), "not this problem's evaluation callback");
  EXPECT_DEATH(SilhouetteCostFunction(&batch, 1), "num_views");
  EXPECT_DEATH(ViewBatch(nullptr), "rasterizer");
}

}  // namespace
}  // namespace ceres_align
