// The soft tie between two cameras, alone and with their silhouettes.
#include <ceres/ceres.h>
#include <ceres/gradient_checker.h>
#include <gtest/gtest.h>

#include <memory>

#include "ceres_align/cost/rig_cost_function.h"
#include "ceres_align/cost/view_batch.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::MovePose;
using testing::PoseBlock;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using testing::Views;

Rigid3d AnyPose(Random* random) {
  return Rigid3d(random->Rotation(), Eigen::Vector3d(3 * random->UnitVector()));
}

Vector6d Residuals(const ceres::CostFunction& cost, const Rigid3d& first, const Rigid3d& second) {
  const PoseBlock a = ToBlock(first), b = ToBlock(second);
  const double* parameters[] = {a.data(), b.data()};
  Vector6d residuals;
  EXPECT_TRUE(cost.Evaluate(parameters, residuals.data(), nullptr));
  return residuals;
}

TEST(RigCost, IsZeroAtTheMeasuredPose) {
  for (int trial = 0; trial < 20; ++trial) {
    Random random("zero", trial);
    const Rigid3d first = AnyPose(&random), measured = AnyPose(&random);
    const std::unique_ptr<ceres::CostFunction> cost(RigCostFunction::Create(measured, 0.1, 0.2));
    EXPECT_EQ(cost->num_residuals(), 6);
    EXPECT_LT(Residuals(*cost, first, measured * first).norm(), 1e-13);
  }
}

// Off by a known rotation and shift, in units of the sigmas.
TEST(RigCost, MeasuresTheErrorInSigmas) {
  for (int trial = 0; trial < 20; ++trial) {
    Random random("sigmas", trial);
    const Rigid3d first = AnyPose(&random), measured = AnyPose(&random);
    const Eigen::Vector3d turn = 0.3 * random.UnitVector(), shift = 0.5 * random.UnitVector();
    const std::unique_ptr<ceres::CostFunction> cost(RigCostFunction::Create(measured, 0.1, 0.2));
    const Rigid3d actual(measured.rotation * ExpRotation(turn),
                         Eigen::Vector3d(measured.translation + shift));
    Vector6d expected;
    expected << turn / 0.1, shift / 0.2;
    EXPECT_LT((Residuals(*cost, first, actual * first) - expected).norm(), 1e-12);
  }
}

TEST(RigCost, DerivativesThroughTheManifold) {
  const PoseManifold manifold;
  const std::vector<const ceres::Manifold*> manifolds = {&manifold, &manifold};
  for (int trial = 0; trial < 12; ++trial) {
    Random random("derivatives", trial);
    const Rigid3d first = AnyPose(&random), measured = AnyPose(&random);
    // Also at the measured pose itself, where the rotation vector's formula is 0/0.
    const double off = trial % 3 == 0 ? 0.0 : 0.4;
    const Rigid3d actual(measured.rotation * ExpRotation(off * random.UnitVector()),
                         Eigen::Vector3d(measured.translation + off * random.UnitVector()));
    const std::unique_ptr<ceres::CostFunction> cost(RigCostFunction::Create(measured, 0.1, 0.2));
    const PoseBlock a = ToBlock(first), b = ToBlock(actual * first);
    const double* parameters[] = {a.data(), b.data()};
    if (off > 0) {  // at the measured pose itself Ceres' extrapolation was seen to lose digits
      const ceres::GradientChecker checker(cost.get(), &manifolds, ceres::NumericDiffOptions());
      ceres::GradientChecker::ProbeResults results;
      // Its own verdict is relative entry by entry, which entries that are 0 cannot meet.
      checker.Probe(parameters, 1e-6, &results);
      ASSERT_TRUE(results.return_value);
      for (int i = 0; i < 2; ++i) {
        EXPECT_LT((results.local_jacobians[i] - results.local_numeric_jacobians[i]).norm(),
                  1e-9 * results.local_numeric_jacobians[i].norm());
      }
    }
    // Independent of Ceres' numeric code: central differences along the tangent.
    Eigen::Matrix<double, 6, 7, Eigen::RowMajor> J[2];
    double* jacobians[] = {J[0].data(), J[1].data()};
    Vector6d residuals;
    ASSERT_TRUE(cost->Evaluate(parameters, residuals.data(), jacobians));
    for (int block = 0; block < 2; ++block) {
      Eigen::Matrix<double, 7, 6, Eigen::RowMajor> plus;
      manifold.PlusJacobian(parameters[block], plus.data());
      for (int k = 0; k < 6; ++k) {
        const Vector6d step = 1e-6 * Vector6d::Unit(k), back = -step;
        PoseBlock moved[2] = {a, b};
        manifold.Plus(parameters[block], step.data(), moved[block].data());
        const Vector6d high =
            Residuals(*cost, FromPoseBlock(moved[0].data()), FromPoseBlock(moved[1].data()));
        manifold.Plus(parameters[block], back.data(), moved[block].data());
        const Vector6d low =
            Residuals(*cost, FromPoseBlock(moved[0].data()), FromPoseBlock(moved[1].data()));
        const Vector6d numeric = (high - low) / 2e-6;
        EXPECT_LT((J[block] * plus.col(k) - numeric).norm(), 1e-7 * (1 + numeric.norm()));
      }
    }
  }
}

using RigCostDeathTest = ::testing::Test;
TEST(RigCostDeathTest, SigmasMustBePositive) {
  EXPECT_DEATH(RigCostFunction::Create(Rigid3d(), 0, 1), "sigma_rotation_rad");
  EXPECT_DEATH(RigCostFunction::Create(Rigid3d(), 1, -1), "sigma_translation");
}

// Two cameras whose masks do not quite fit the measured rig: the second mask was taken from
// another place, 2 degrees and 0.06 units off.
struct BentRig {
  BentRig() {
    const TriangleMesh mesh = MakeMultiPart(1200);
    const Camera camera = TestCamera(120, 100);
    Random random("bent rig", 0);
    truth = RandomPose(mesh, camera, 38, &random);
    measured = TurnedCamera(truth.translation, 0.6);
    data = std::make_unique<Views>(mesh, truth);
    Vector6d bend;
    bend << 2 * M_PI / 180 * random.UnitVector(), 0.06 * random.UnitVector();
    const Rigid3d bent(ExpRotation(bend.head<3>()), Eigen::Vector3d(bend.tail<3>()));
    first = data->Add(camera, Rigid3d(), Rigid3d(), 4, false);
    second = data->Add(camera, bent * measured, Rigid3d(), 4, false);
    Vector6d off;
    off << 4 * M_PI / 180 * random.UnitVector(), 0.05 * random.UnitVector();
    start = MovePose(truth, Eigen::Vector3d::Zero(), off);
  }
  Rigid3d truth, measured, start;
  std::unique_ptr<Views> data;
  SilhouetteView first, second;
};

void Solve(ceres::Problem* problem) {
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-14;
  options.parameter_tolerance = 1e-14;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, problem, &summary);
  EXPECT_EQ(summary.termination_type, ceres::CONVERGENCE) << summary.BriefReport();
}

Rigid3d SolveRigid(const BentRig& rig) {
  PoseBlock block = ToBlock(rig.start);
  SilhouetteView second = rig.second;
  second.cam_from_rig = rig.measured;
  ViewBatch batch(rig.data->rasterizer());
  batch.AddView(rig.first, block.data());
  batch.AddView(second, block.data());
  ceres::Problem::Options options;
  options.evaluation_callback = &batch;
  ceres::Problem problem(options);
  problem.AddParameterBlock(block.data(), 7, new PoseManifold);
  for (int i = 0; i < 2; ++i) {
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, i), nullptr, block.data());
  }
  Solve(&problem);
  return FromPoseBlock(block.data());
}

// Each camera has its own pose; returns cam1_from_world and cam2_from_world.
std::array<Rigid3d, 2> SolveSoft(const BentRig& rig, double sigma) {
  PoseBlock blocks[2] = {ToBlock(rig.start), ToBlock(rig.measured * rig.start)};
  SilhouetteView second = rig.second;
  second.cam_from_rig = Rigid3d();
  ViewBatch batch(rig.data->rasterizer());
  batch.AddView(rig.first, blocks[0].data());
  batch.AddView(second, blocks[1].data());
  ceres::Problem::Options options;
  options.evaluation_callback = &batch;
  ceres::Problem problem(options);
  for (int i = 0; i < 2; ++i) {
    problem.AddParameterBlock(blocks[i].data(), 7, new PoseManifold);
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, i), nullptr, blocks[i].data());
  }
  problem.AddResidualBlock(RigCostFunction::Create(rig.measured, sigma, sigma), nullptr,
                           blocks[0].data(), blocks[1].data());
  Solve(&problem);
  return {FromPoseBlock(blocks[0].data()), FromPoseBlock(blocks[1].data())};
}

double Distance(const Rigid3d& a, const Rigid3d& b) {
  return RotationAngle_rad(a.rotation, b.rotation) + (a.translation - b.translation).norm();
}

TEST(RigCost, SoftRigReachesTheRigidAnswerAsTheSigmasShrink) {
  const BentRig rig;
  const Rigid3d rigid = SolveRigid(rig);
  double last = 1e9;
  for (double sigma : {1.0, 1e-2, 1e-3, 1e-4}) {
    const auto [first, second] = SolveSoft(rig, sigma);
    const double off = Distance(first, rigid), bend = Distance(second, rig.measured * first);
    std::printf("  sigma %g: %.3g from the rigid answer, tie off by %.3g\n", sigma, off, bend);
    EXPECT_LT(off, last);
    if (sigma == 1.0) {
      EXPECT_GT(off, 5e-3);   // free cameras disagree with the rig
      EXPECT_GT(bend, 0.02);  // and follow their own masks
    }
    if (sigma == 1e-4) {
      EXPECT_LT(off, 1e-3);
      EXPECT_LT(bend, 1e-3);
    }
    last = off;
  }
}

}  // namespace
}  // namespace ceres_align
