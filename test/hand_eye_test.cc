// Hand-eye calibration of a generated arm: scenes, poses without a start, figures, bad input.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "ceres_align/hand_eye/align_states.h"
#include "ceres_align/hand_eye/hand_eye_report.h"
#include "ceres_align/hand_eye/joint_offsets.h"
#include "ceres_align/hand_eye/link_images.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/point_sampler.h"
#include "hand_eye_testing.h"

namespace ceres_align {
namespace {

using testing::ArmProblem;
using testing::Contains;
using testing::ErrorOf;
using testing::MakeArmProblem;
using testing::TheArm;

AlignResult AlignIt(const ArmProblem& made) {
  CpuRasterizer rasterizer;
  const Scene scene = MakeHandEyeScene(made.problem);
  return AlignStates(scene, PrepareMeshes(scene), &rasterizer, {});
}

void ExpectTruth(const ArmProblem& made, const AlignResult& result) {
  EXPECT_TRUE(result.IsUsable()) << result.termination;
  EXPECT_TRUE(result.searched);
  const PoseError error = ComparePoses(result.rig_from_world, Inverse(made.truth.mount_from_cam),
                                       result.object_center_in_world);
  // Twice the bars of 640x480: the pixels are twice as large.
  EXPECT_LT(error.rotation_deg, 0.04);
  EXPECT_LT(10 * error.translation_percent, 0.6) << "mm at 1 m";
}

TEST(HandEye, EyeToHandWithoutAStart) {
  const ArmProblem made = MakeArmProblem(4, false, 11);
  ExpectTruth(made, AlignIt(made));
}

TEST(HandEye, EyeInHandWithoutAStart) {
  const ArmProblem made = MakeArmProblem(4, true, 12);
  ExpectTruth(made, AlignIt(made));
}

TEST(HandEye, ASecondCameraSharesThePose) {
  ArmProblem made = MakeArmProblem(3, false, 13);
  HandEyeCamera second = made.problem.cameras[0];
  second.cam_from_first = Rigid3d(ExpRotation({0.02, -0.25, 0.01}), Eigen::Vector3d(0.4, 0, 0.05));
  RobotScene seen = made.truth;
  seen.mount_from_cam = made.truth.mount_from_cam * Inverse(second.cam_from_first);
  for (size_t s = 0; s < 3; ++s) {
    second.masks[s] = RobotMask(TheArm().arm, seen, made.truth.states_rad[s], second.camera, 1);
  }
  made.problem.cameras.push_back(second);
  const Scene scene = MakeHandEyeScene(made.problem);
  ASSERT_EQ(scene.views.size(), 6u);
  EXPECT_EQ(scene.views[HandEyeView(made.problem, 1, 1)].name, "state_001_cam2");
  EXPECT_EQ(scene.views[3].mesh_index, 1);
  ExpectTruth(made, AlignIt(made));
}

TEST(HandEye, TheSceneShowsWhatTheRendererOfTheArmShows) {
  for (const bool eye_in_hand : {false, true}) {
    const ArmProblem made = MakeArmProblem(2, eye_in_hand, 14);
    const Scene scene = MakeHandEyeScene(made.problem);
    for (const View& view : scene.views) {
      const ImageF drawn =
          RenderMask(*scene.meshes[view.mesh_index],
                     Inverse(made.truth.mount_from_cam) * view.world_from_object, view.camera, 1);
      int differ = 0;
      for (size_t p = 0; p < drawn.pixels.size(); ++p) {
        differ += drawn.pixels[p] != view.mask.pixels[p];
      }
      EXPECT_LE(differ, 3) << view.name;  // files' floats at the pixels' edges
    }
  }
}

TEST(HandEye, FewStatesAreSearchedAsAlignDoes) {
  const ArmProblem made = MakeArmProblem(2, false, 15);
  const Scene scene = MakeHandEyeScene(made.problem);
  CpuRasterizer rasterizer;
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const AlignResult a = AlignStates(scene, meshes, &rasterizer, {});
  const AlignResult b = Align(scene, meshes, &rasterizer, {});
  EXPECT_EQ(a.rig_from_world.rotation.coeffs(), b.rig_from_world.rotation.coeffs());
  EXPECT_EQ(a.rig_from_world.translation, b.rig_from_world.translation);
}

TEST(HandEye, AWrongMaskPullsTheAnswer) {
  ArmProblem made = MakeArmProblem(4, false, 11);
  // One state's mask is that of a robot half a degree further on at its second joint.
  ArmState wrong = made.truth.states_rad[2];
  wrong[1] += 0.5 * M_PI / 180;
  made.problem.cameras[0].masks[2] =
      RobotMask(TheArm().arm, made.truth, wrong, made.problem.cameras[0].camera, 1);
  const AlignResult result = AlignIt(made);
  EXPECT_FALSE(result.IsUsable());
  double worst = 0, others = 0;
  for (size_t i = 0; i < result.consistency->pulls.size(); ++i) {
    double& chi2 = result.consistency->view_indices[i] == 2 ? worst : others;
    chi2 = std::max(chi2, result.consistency->pulls[i].chi2);
  }
  EXPECT_GT(worst, others);
}

// The covariance of the answer is that of the rig, carried over by its derivative.
TEST(HandEye, MountCovarianceByFiniteDifferences) {
  AlignResult result;
  result.rig_from_world = Rigid3d(ExpRotation({0.4, -1.1, 0.7}), Eigen::Vector3d(0.2, -0.3, 1.4));
  result.object_center_in_world = {0.1, 0.5, -0.2};
  Eigen::Matrix<double, 6, 6> root;
  for (int i = 0; i < 36; ++i) root(i / 6, i % 6) = std::sin(1.0 + 3.7 * i);
  result.covariance = root * root.transpose();
  const Rigid3d mount = MountFromCam(result.rig_from_world);
  const Eigen::Vector3d center = result.rig_from_world * result.object_center_in_world;
  Eigen::Matrix<double, 6, 6> J;
  constexpr double kStep = 1e-6;
  for (int i = 0; i < 6; ++i) {
    const auto moved = [&](double by) {
      Eigen::Matrix<double, 6, 1> d = Eigen::Matrix<double, 6, 1>::Zero();
      d[i] = by;
      const Rigid3d turn(ExpRotation(d.head<3>()), Eigen::Vector3d::Zero());
      const Rigid3d step(turn.rotation, Eigen::Vector3d(center - turn * center + d.tail<3>()));
      return MountFromCam(step * result.rig_from_world);
    };
    const Rigid3d plus = moved(kStep), minus = moved(-kStep);
    J.col(i) << (LogRotation(plus.rotation * mount.rotation.conjugate()) -
                 LogRotation(minus.rotation * mount.rotation.conjugate())) /
                    (2 * kStep),
        (plus.translation - minus.translation) / (2 * kStep);
  }
  const Eigen::Matrix<double, 6, 6> expected = J * *result.covariance * J.transpose();
  EXPECT_LT((*MountCovariance(result) - expected).norm(), 1e-7 * expected.norm());
}

TEST(HandEye, YamlReadsBack) {
  const ArmProblem made = MakeArmProblem(3, false, 11);
  const AlignResult result = AlignIt(made);
  const std::vector<std::string> masks = {"a.png", "b \"1\".png", "c.png"};
  const YAML::Node yaml =
      YAML::Load(HandEyeYaml({"base link", "camera"}, masks, result, nullptr, false));
  EXPECT_EQ(yaml["parent_frame"].as<std::string>(), "base link");
  EXPECT_EQ(yaml["views"][1]["mask"].as<std::string>(), masks[1]);
  const Rigid3d mount = MountFromCam(result.rig_from_world);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(yaml["matrix"][i][3].as<double>(), mount.translation[i]);
    EXPECT_EQ(yaml["matrix"][0][i].as<double>(), mount.R()(0, i));
  }
  EXPECT_GE(yaml["quaternion_xyzw"][3].as<double>(), 0);
  EXPECT_EQ(yaml["covariance"][5][5].as<double>(), (*MountCovariance(result))(5, 5));
  EXPECT_EQ(yaml["views"][0]["iou"].as<double>(), result.views[0].iou);
}

ArmState Off(int joint, double deg) {
  ArmState offsets_rad = ArmState::Zero();
  offsets_rad[joint] = deg * M_PI / 180;
  return offsets_rad;
}

JointOffsets OffsetsOf(const ArmProblem& made) {
  CpuRasterizer rasterizer;
  const Scene scene = MakeHandEyeScene(made.problem);
  const AlignResult result = AlignStates(scene, PrepareMeshes(scene), &rasterizer, {});
  return EstimateJointOffsets(made.problem, scene, result.rig_from_world, &rasterizer);
}

TEST(HandEye, AJointThatStandsOffIsFound) {
  for (const bool eye_in_hand : {false, true}) {
    const int joint = eye_in_hand ? 3 : 1;
    const ArmProblem made = MakeArmProblem(4, eye_in_hand, 16, Off(joint, 1));
    const JointOffsets offsets = OffsetsOf(made);
    ASSERT_TRUE(offsets.known()) << offsets.why;
    for (int j = 0; j < kArmJoints; ++j) {
      EXPECT_EQ(offsets.joints[j].suspicious, j == joint)
          << eye_in_hand << " " << offsets.joints[j].Words();
    }
    EXPECT_NEAR(offsets.joints[joint].offset * 180 / M_PI, 1, 0.1);
    EXPECT_LT(offsets.cost, 0.7 * offsets.cost_before);
  }
}

TEST(HandEye, NoJointIsNamedWhereNoneStandsOff) {
  for (const bool eye_in_hand : {false, true}) {
    const JointOffsets offsets = OffsetsOf(MakeArmProblem(4, eye_in_hand, 17));
    ASSERT_TRUE(offsets.known()) << offsets.why;
    AlignResult result;
    JudgeOffsets(offsets, &result);
    EXPECT_TRUE(result.checks.back().passed) << result.checks.back().message;
  }
}

// A mask seen twice tells nothing new, nor does the base, which all states show alike: its errors
// are the same ones. So the first joint's sigma, which only the base tells, is what it is.
TEST(HandEye, WhatStandsStillIsCountedOnce) {
  const ArmProblem made = MakeArmProblem(3, false, 17);
  ArmProblem twice = made;
  twice.problem.states.resize(6, kArmJoints);
  twice.problem.states << made.problem.states, made.problem.states;
  std::vector<ImageF>& masks = twice.problem.cameras[0].masks;
  for (size_t s = 0; s < 3; ++s) masks.push_back(made.problem.cameras[0].masks[s]);
  CpuRasterizer rasterizer;
  const auto offsets_of = [&](const ArmProblem& of) {
    return EstimateJointOffsets(of.problem, MakeHandEyeScene(of.problem),
                                Inverse(of.truth.mount_from_cam), &rasterizer);
  };
  const JointOffsets once = offsets_of(made), again = offsets_of(twice);
  ASSERT_TRUE(once.known() && again.known());
  for (int j = 0; j < kArmJoints; ++j) {
    EXPECT_NEAR(again.joints[j].sigma / once.joints[j].sigma, 1, 0.02) << "joint " << j + 1;
  }
}

// The largest difference of two Gram matrices, over the size that Cauchy–Schwarz allows an entry.
double Difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  const Eigen::VectorXd scale = b.diagonal().cwiseSqrt().cwiseInverse();
  return (scale.asDiagonal() * (a - b) * scale.asDiagonal()).cwiseAbs().maxCoeff();
}

// The outline's pixels with their coverage, by place.
using Coverages = std::map<std::array<int, 3>, double>;
Coverages CoveragesOf(const hand_eye_internal::LinkImages& images) {
  Coverages coverages;
  for (const OutlinePixel& p : images.pixels) coverages[{p.view, p.row, p.column}] = p.coverage;
  return coverages;
}

// ∂M by pose and offsets against central differences, over all pixels that stay on the outline.
TEST(HandEye, DerivativesByFiniteDifferences) {
  using hand_eye_internal::LinkDrawer;
  using hand_eye_internal::LinkImages;
  constexpr int kUnknowns = 6 + kArmJoints;
  for (const bool eye_in_hand : {false, true}) {
    const ArmProblem made = MakeArmProblem(2, eye_in_hand, 18);
    const Scene scene = MakeHandEyeScene(made.problem);
    CpuRasterizer rasterizer;
    const LinkDrawer drawer(made.problem, scene, &rasterizer);
    const hand_eye_internal::Look look{MakeLevel(scene, 1), 1};
    const Rigid3d rig = Inverse(made.truth.mount_from_cam);
    ArmState at_rad;
    at_rad << 0.01, -0.02, 0.015, 0.005, -0.01, 0.02;
    const LinkImages middle = drawer.At(look, rig, at_rad);
    std::vector<Coverages> sides;  // of unknown i: 2·i less, 2·i + 1 more
    constexpr double kStep = 1e-7;
    for (int i = 0; i < kUnknowns; ++i) {
      for (const double by : {-kStep, kStep}) {
        Eigen::Matrix<double, kUnknowns, 1> d = Eigen::Matrix<double, kUnknowns, 1>::Zero();
        d[i] = by;
        const Rigid3d pose(ExpRotation(d.head<3>()) * rig.rotation,
                           Eigen::Vector3d(rig.translation + d.segment<3>(3)));
        sides.push_back(CoveragesOf(drawer.At(look, pose, at_rad + d.tail<kArmJoints>())));
      }
    }
    Eigen::MatrixXd J = Eigen::MatrixXd::Zero(kUnknowns, kUnknowns), expected = J;
    size_t used = 0;
    for (size_t k = 0; k < middle.pixels.size(); ++k) {
      const OutlinePixel& p = middle.pixels[k];
      const std::array<int, 3> place = {p.view, p.row, p.column};
      Eigen::VectorXd difference(kUnknowns);
      bool everywhere = true;
      for (int i = 0; i < kUnknowns && everywhere; ++i) {
        const auto less = sides[2 * i].find(place), more = sides[2 * i + 1].find(place);
        everywhere = less != sides[2 * i].end() && more != sides[2 * i + 1].end();
        if (everywhere) difference[i] = (more->second - less->second) / (2 * kStep);
      }
      if (!everywhere) continue;
      ++used;
      const auto column = middle.by_unknowns.col(static_cast<Eigen::Index>(k));
      J += column * column.transpose();
      expected += difference * difference.transpose();
    }
    EXPECT_GT(used, 200u);
    EXPECT_GT(used, 0.999 * static_cast<double>(middle.pixels.size()));
    EXPECT_LT(Difference(J, expected), 1e-6) << eye_in_hand;
    // An error of a thousandth in any column would be seen.
    for (int i = 0; i < kUnknowns; ++i) {
      Eigen::MatrixXd wrong = J;
      wrong.row(i) *= 1.001;
      wrong.col(i) *= 1.001;
      EXPECT_GT(Difference(wrong, expected), 1e-4) << "unknown " << i;
    }
  }
}

// With the joint's offset taken in, the pose is right again, as far as the free offsets let it.
TEST(HandEye, OffsetsTakenInGiveTheTruePose) {
  const ArmProblem made = MakeArmProblem(4, false, 16, Off(1, 1));
  const JointOffsets offsets = OffsetsOf(made);
  ArmProblem moved = made;
  moved.problem.states.rowwise() += offsets.Values().transpose();
  CpuRasterizer rasterizer;
  Scene scene = MakeHandEyeScene(moved.problem);
  scene.initial_rig_from_world = offsets.rig_from_world;
  AlignResult result = Align(scene, &rasterizer, {});
  TakeOffsets(offsets, &result);
  EXPECT_TRUE(result.IsUsable());
  const PoseError error = ComparePoses(result.rig_from_world, Inverse(made.truth.mount_from_cam),
                                       result.object_center_in_world);
  EXPECT_LT(error.rotation_deg, 0.15);
  EXPECT_LT(error.rotation_deg * M_PI / 180, 3 * result.accuracy->rotation_rad);
  EXPECT_LT(10 * error.translation_percent, 0.6) << "mm at 1 m";
}

TEST(HandEye, BadInput) {
  ArmProblem made = MakeArmProblem(3, false, 11);
  made.problem.cameras[0].masks.pop_back();
  EXPECT_PRED2(Contains, ErrorOf([&] { MakeHandEyeScene(made.problem); }),
               "there are 2 masks and 3 joint states");
  made.problem.states.resize(0, kArmJoints);
  EXPECT_PRED2(Contains, ErrorOf([&] { MakeHandEyeScene(made.problem); }), "no joint states");
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadLinkMeshes(TheArm().model, {"elbow"}); }),
               "has no link \"elbow\"");
}

}  // namespace
}  // namespace ceres_align
