// RobotCostFunction: pose and joint offsets as blocks of a Ceres problem. Every column against
// central differences of the images, the cost against the whole robot's image, solves.
#include <ceres/ceres.h>
#include <ceres/normal_prior.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/hand_eye/joint_offsets.h"
#include "ceres_align/hand_eye/link_images.h"
#include "ceres_align/hand_eye/robot_cost_function.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/random.h"
#include "hand_eye_testing.h"
#include "testing.h"

namespace ceres_align {
namespace {

using hand_eye_internal::kShared;
using hand_eye_internal::LinkDrawer;
using hand_eye_internal::Look;
using testing::ArmProblem;
using testing::MakeArmProblem;
using testing::TheArm;
using RowMajorXd = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kUnknowns = 6 + kArmJoints;
constexpr double kDeg = M_PI / 180;

Rigid3d Moved(const Rigid3d& pose, const Eigen::Vector3d& turn, const Eigen::Vector3d& shift) {
  return {ExpRotation(turn) * pose.rotation, Eigen::Vector3d(pose.translation + shift)};
}

// A scene with weights, a tenth of them 0, and a point some px off its truth.
struct Case {
  ArmProblem made;
  Scene scene;
  Rigid3d rig;
  Eigen::VectorXd offsets_rad{kArmJoints};

  Case(bool eye_in_hand, uint64_t seed, bool second_camera)
      : made(MakeArmProblem(2, eye_in_hand, seed)) {
    if (second_camera) AddCamera();
    scene = MakeHandEyeScene(made.problem);
    testing::Random random("robot cost", seed);
    for (View& view : scene.views) {
      view.weight = ImageF(view.camera.width_px, view.camera.height_px);
      for (float& w : view.weight.pixels) {
        w = random.Uniform(0, 1) < 0.1 ? 0.0f : static_cast<float>(random.Uniform(0, 2));
      }
    }
    rig = Moved(Inverse(made.truth.mount_from_cam), {0.004, -0.003, 0.005}, {0.004, 0.003, -0.006});
    offsets_rad << 0.01, -0.02, 0.015, 0.005, -0.01, 0.02;
  }
  void AddCamera() {
    HandEyeCamera second = made.problem.cameras[0];
    second.cam_from_first =
        Rigid3d(ExpRotation({0.02, -0.25, 0.01}), Eigen::Vector3d(0.4, 0, 0.05));
    RobotScene seen = made.truth;
    seen.mount_from_cam = made.truth.mount_from_cam * Inverse(second.cam_from_first);
    for (size_t s = 0; s < second.masks.size(); ++s) {
      second.masks[s] = RobotMask(TheArm().arm, seen, made.truth.states_rad[s], second.camera, 1);
    }
    made.problem.cameras.push_back(second);
  }
};

// √w [J r] of all pixels that are not shared, J by central differences; where a pixel becomes
// shared within a step it has no difference.
Eigen::MatrixXd PixelRows(const Case& c, const LinkDrawer& drawer, const Look& look, size_t view) {
  constexpr double kStep = 1e-7;
  const Target& target = *look.level.targets[view];
  const Image<double> middle = drawer.CoverageOf(look, view, c.rig, c.offsets_rad).robot;
  const Eigen::Index n = static_cast<Eigen::Index>(middle.pixels.size());
  Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(n, kUnknowns + 1);
  const auto root = [&](Eigen::Index p) { return std::sqrt(double{target.weight().pixels[p]}); };
  for (int i = 0; i < kUnknowns; ++i) {
    std::array<Image<double>, 2> sides;
    for (const int s : {0, 1}) {
      Eigen::VectorXd d = Eigen::VectorXd::Zero(kUnknowns);
      d[i] = s == 0 ? -kStep : kStep;
      sides[s] = drawer
                     .CoverageOf(look, view, Moved(c.rig, d.head<3>(), d.segment<3>(3)),
                                 c.offsets_rad + d.tail<kArmJoints>())
                     .robot;
    }
    for (Eigen::Index p = 0; p < n; ++p) {
      const double less = sides[0].pixels[p], more = sides[1].pixels[p];
      if (middle.pixels[p] == kShared || less == kShared || more == kShared) continue;
      rows(p, i) = root(p) * (more - less) / (2 * kStep);
    }
  }
  for (Eigen::Index p = 0; p < n; ++p) {
    if (middle.pixels[p] == kShared) continue;
    rows(p, kUnknowns) = root(p) * (middle.pixels[p] - target.mask().pixels[p]);
  }
  return rows;
}

// [J r] of the cost function by the manifold's tangent and the offsets.
Eigen::MatrixXd CostRows(const ceres::CostFunction& cost, const Case& c) {
  std::array<double, 7> pose;
  ToPoseBlock(c.rig, pose.data());
  const int rows = cost.num_residuals(), offsets = static_cast<int>(c.offsets_rad.size());
  Eigen::VectorXd residuals(rows);
  RowMajorXd by_pose(rows, 7), by_offsets(rows, offsets), plus(7, 6);
  const double* parameters[] = {pose.data(), c.offsets_rad.data()};
  double* jacobians[] = {by_pose.data(), by_offsets.data()};
  EXPECT_TRUE(cost.Evaluate(parameters, residuals.data(), jacobians));
  PoseManifold().PlusJacobian(pose.data(), plus.data());
  Eigen::MatrixXd all(rows, 6 + offsets + 1);
  all << by_pose * plus, by_offsets, residuals;
  return all;
}

// The largest difference of two Gram matrices, over the size that Cauchy–Schwarz allows an entry.
double Difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  const Eigen::VectorXd scale = b.diagonal().cwiseSqrt().cwiseInverse();
  return (scale.asDiagonal() * (a - b) * scale.asDiagonal()).cwiseAbs().maxCoeff();
}

void ExpectDerivatives(const Case& c, size_t view, double scale, int window) {
  CpuRasterizer rasterizer;
  const LinkDrawer drawer(c.made.problem, c.scene, &rasterizer);
  const Eigen::MatrixXd pixels =
      PixelRows(c, drawer, Look{MakeLevel(c.scene, scale), window}, view);
  const Eigen::MatrixXd expected = pixels.transpose() * pixels;
  ASSERT_GT(expected.diagonal().minCoeff(), 0);
  const auto views =
      std::make_shared<const RobotViews>(c.made.problem, c.scene, &rasterizer, scale, window);
  const RobotCostFunction cost(views, view);
  ASSERT_EQ(cost.num_residuals(), kUnknowns + 1);
  ASSERT_EQ(cost.parameter_block_sizes(), (std::vector<int>{7, kArmJoints}));
  const Eigen::MatrixXd rows = CostRows(cost, c), gram = rows.transpose() * rows;
  EXPECT_LT(Difference(gram, expected), 1e-6);
  // An error of a thousandth in any column, the residuals' too, would be seen.
  for (int i = 0; i <= kUnknowns; ++i) {
    Eigen::MatrixXd wrong = gram;
    wrong.row(i) *= 1.001;
    wrong.col(i) *= 1.001;
    EXPECT_GT(Difference(wrong, expected), 1e-4) << "column " << i;
  }
}

TEST(RobotCost, EveryColumnIsTheDerivativeOfTheImage) {
  ExpectDerivatives(Case(false, 18, false), 1, 1, 1);
  ExpectDerivatives(Case(true, 18, false), 0, 1, 1);
}

TEST(RobotCost, SecondCamerasSmallerImagesAndWindowsToo) {
  const Case c(false, 19, true);
  ExpectDerivatives(c, HandEyeView(c.made.problem, 1, 1), 0.5, 1);
  ExpectDerivatives(Case(true, 19, true), 2, 1, 3);
}

// What links do not share is the whole robot's image, and they share little.
TEST(RobotCost, TheCostIsTheWholeRobotsButForSharedPixels) {
  for (const bool eye_in_hand : {false, true}) {
    const Case c(eye_in_hand, 20, false);
    Case moved = c;
    moved.made.problem.states.rowwise() += c.offsets_rad.transpose();
    const Scene posed = MakeHandEyeScene(moved.made.problem);
    CpuRasterizer rasterizer;
    const LinkDrawer drawer(c.made.problem, c.scene, &rasterizer);
    const Look look{MakeLevel(c.scene, 1), 1};
    const auto views = std::make_shared<const RobotViews>(c.made.problem, c.scene, &rasterizer);
    for (size_t v = 0; v < c.scene.views.size(); ++v) {
      const View& view = posed.views[v];
      const ResidentMesh mesh(&rasterizer,
                              std::make_shared<const ContourMesh>(*posed.meshes[view.mesh_index]));
      RasterJob job;
      job.mesh = mesh.id();
      job.camera = view.camera;
      job.cam_from_object = c.rig * view.world_from_object;
      const Image<double> whole = rasterizer.Coverage(job, nullptr);
      const Image<double> links = drawer.CoverageOf(look, v, c.rig, c.offsets_rad).robot;
      double cost = 0, worst = 0;
      int shared = 0, outline = 0;
      for (size_t p = 0; p < whole.pixels.size(); ++p) {
        outline += whole.pixels[p] > 0 && whole.pixels[p] < 1;
        if (links.pixels[p] == kShared) {
          ++shared;
          continue;
        }
        worst = std::max(worst, std::abs(whole.pixels[p] - links.pixels[p]));
        const double r = whole.pixels[p] - view.mask.pixels[p];
        cost += 0.5 * c.scene.views[v].weight.pixels[p] * r * r;
      }
      EXPECT_LT(worst, 1e-3) << v;  // vertices are posed as floats
      EXPECT_LT(shared, 0.2 * outline) << v;
      EXPECT_EQ(shared > 0, !eye_in_hand) << v;
      const Eigen::VectorXd residuals = CostRows(RobotCostFunction(views, v), c).col(kUnknowns);
      EXPECT_GT(cost, 1);
      EXPECT_NEAR(0.5 * residuals.squaredNorm() / cost, 1, 1e-5) << v;
    }
  }
}

// Seven offsets are no pose.
TEST(RobotCost, SevenJoints) {
  const Case six(false, 21, false);
  Case seven = six;
  seven.made.problem.model.variable_names.push_back("of nothing");
  seven.made.problem.states.conservativeResize(2, 7);
  seven.made.problem.states.col(6).setConstant(0.3);
  seven.offsets_rad.conservativeResize(7);
  seven.offsets_rad[6] = 0.1;
  CpuRasterizer rasterizer;
  const auto rows_of = [&](const Case& c) {
    const auto views = std::make_shared<const RobotViews>(c.made.problem, c.scene, &rasterizer);
    return CostRows(RobotCostFunction(views, 1), c);
  };
  const Eigen::MatrixXd expected = rows_of(six), rows = rows_of(seven);
  ASSERT_EQ(rows.rows(), 14);
  ASSERT_EQ(rows.cols(), 14);
  EXPECT_TRUE((rows.col(12).array() == 0).all());
  Eigen::MatrixXd some(14, 13);
  some << rows.leftCols(12), rows.col(13);
  EXPECT_LT(Difference(some.transpose() * some, expected.transpose() * expected), 1e-12);
}

TEST(RobotCost, ConstantBlocksAreNotAskedForAndNoNumberIsNoCost) {
  Case c(false, 21, false);
  CpuRasterizer rasterizer;
  const RobotCostFunction cost(
      std::make_shared<const RobotViews>(c.made.problem, c.scene, &rasterizer), 0);
  std::array<double, 7> pose;
  ToPoseBlock(c.rig, pose.data());
  const double* parameters[] = {pose.data(), c.offsets_rad.data()};
  Eigen::VectorXd residuals(kUnknowns + 1), again(kUnknowns + 1);
  RowMajorXd by_offsets(kUnknowns + 1, kArmJoints);
  double* jacobians[] = {nullptr, by_offsets.data()};
  EXPECT_TRUE(cost.Evaluate(parameters, residuals.data(), jacobians));
  EXPECT_EQ(by_offsets, CostRows(cost, c).middleCols(6, kArmJoints));
  EXPECT_TRUE(cost.Evaluate(parameters, again.data(), nullptr));
  EXPECT_EQ(residuals, again);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (double* value : {&pose[5], &c.offsets_rad[2]}) {
      const double good = *value;
      *value = bad;
      EXPECT_FALSE(cost.Evaluate(parameters, residuals.data(), nullptr));
      *value = good;
    }
  }
  EXPECT_TRUE(cost.Evaluate(parameters, again.data(), nullptr));
}

// Ceres has no empty blocks.
TEST(RobotCost, WithoutJointsThereAreNoOffsets) {
  Case c(false, 22, false);
  RobotModel& model = c.made.problem.model;
  model.variable_names.clear();
  for (RobotJoint& joint : model.joints) {
    joint.type = JointType::kFixed;
    joint.variable = -1;
  }
  c.made.problem.states.resize(2, 0);
  CpuRasterizer rasterizer;
  const JointOffsets offsets =
      EstimateJointOffsets(c.made.problem, MakeHandEyeScene(c.made.problem), c.rig, &rasterizer);
  EXPECT_TRUE(offsets.joints.empty());
  EXPECT_EQ(offsets.rig_from_world.translation, c.rig.translation);
}

struct Solved {
  Rigid3d rig_from_world;
  Eigen::VectorXd offsets_rad;
  ceres::Solver::Summary summary;
};

// A residual's size with masks of 8x8 samples, per px of outline, about.
constexpr double kNoise = 0.03;

// Two states whose masks tell the offsets to some hundredths of a degree.
ArmProblem TwoStates(bool eye_in_hand, int joint, double off_deg) {
  ArmState offsets_rad = ArmState::Zero();
  offsets_rad[joint] = off_deg * kDeg;
  ArmProblem made = MakeArmProblem(2, eye_in_hand, 16);
  HandEyeCamera& camera = made.problem.cameras[0];
  for (size_t s = 0; s < camera.masks.size(); ++s) {
    const ArmState at_rad = made.truth.states_rad[s] + offsets_rad;
    camera.masks[s] = RobotMask(TheArm().arm, made.truth, at_rad, camera.camera, 8);
  }
  return made;
}

// From near the truth, without offsets: all states share pose and offsets, whose prior is 1°;
// offsets that are `held` stay where `held_rad` puts them.
Solved Solve(const ArmProblem& made, const std::vector<int>& held, double held_rad, int threads = 1,
             bool side_by_side = false) {
  const Scene scene = MakeHandEyeScene(made.problem);
  CpuRasterizer rasterizer(threads);
  const auto views = std::make_shared<const RobotViews>(made.problem, scene, &rasterizer);
  std::array<double, 7> pose;
  ToPoseBlock(
      Moved(Inverse(made.truth.mount_from_cam), {0.005, -0.005, 0.005}, {0.004, -0.003, 0.005}),
      pose.data());
  Solved solved;
  solved.offsets_rad = Eigen::VectorXd::Zero(kArmJoints);
  for (const int joint : held) solved.offsets_rad[joint] = held_rad;
  double* offsets = solved.offsets_rad.data();
  RobotEvaluation evaluation(&rasterizer, pose.data(), offsets);
  ceres::Problem::Options problem_options;
  if (side_by_side) problem_options.evaluation_callback = &evaluation;
  ceres::Problem problem(problem_options);
  problem.AddParameterBlock(pose.data(), 7, new PoseManifold);
  problem.AddParameterBlock(offsets, kArmJoints);
  if (!held.empty()) problem.SetManifold(offsets, new ceres::SubsetManifold(kArmJoints, held));
  for (size_t v = 0; v < views->num_views(); ++v) {
    auto* cost = new RobotCostFunction(views, v);
    evaluation.Add(cost);
    problem.AddResidualBlock(cost, nullptr, pose.data(), offsets);
  }
  const ceres::Matrix A = kNoise / kDeg * ceres::Matrix::Identity(kArmJoints, kArmJoints);
  problem.AddResidualBlock(new ceres::NormalPrior(A, ceres::Vector::Zero(kArmJoints)), nullptr,
                           offsets);
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 30;
  ceres::Solve(options, &problem, &solved.summary);
  solved.rig_from_world = FromPoseBlock(pose.data());
  return solved;
}

TEST(RobotCost, CeresFindsAnOffsetThatTwoStatesShare) {
  for (const bool eye_in_hand : {false, true}) {
    const int joint = eye_in_hand ? 3 : 1;
    const Solved solved = Solve(TwoStates(eye_in_hand, joint, 1), {}, 0);
    EXPECT_EQ(solved.summary.termination_type, ceres::CONVERGENCE) << solved.summary.FullReport();
    EXPECT_LT(solved.summary.final_cost, 0.1 * solved.summary.initial_cost);
    EXPECT_NEAR(solved.offsets_rad[joint] / kDeg, 1, 0.02) << eye_in_hand;
  }
}

TEST(RobotCost, ViewsSideBySideGiveTheSameBits) {
  const ArmProblem made = TwoStates(false, 2, 0.5);
  const Solved alone = Solve(made, {}, 0);
  for (const int threads : {1, 4}) {
    const Solved solved = Solve(made, {}, 0, threads, true);
    EXPECT_EQ(solved.offsets_rad, alone.offsets_rad) << threads;
    EXPECT_EQ(solved.rig_from_world.rotation.coeffs(), alone.rig_from_world.rotation.coeffs());
    EXPECT_EQ(solved.rig_from_world.translation, alone.rig_from_world.translation);
    EXPECT_EQ(solved.summary.final_cost, alone.summary.final_cost);
  }
}

// Eye to hand the first joint is hardly told from the camera's place: with it held where it stands
// the pose is right.
TEST(RobotCost, OneOffsetIsHeldByASubsetManifold) {
  const ArmProblem made = TwoStates(false, 0, 1);
  const Solved solved = Solve(made, {0}, kDeg);
  EXPECT_EQ(solved.offsets_rad[0], kDeg);
  EXPECT_NE(solved.offsets_rad[1], 0);
  const PoseError error = ComparePoses(solved.rig_from_world, Inverse(made.truth.mount_from_cam),
                                       Eigen::Vector3d(0, 0, 0.5));
  EXPECT_LT(error.rotation_deg, 0.05);
  for (int j = 1; j < kArmJoints; ++j) EXPECT_NEAR(solved.offsets_rad[j] / kDeg, 0, 0.1) << j;
}

}  // namespace
}  // namespace ceres_align
