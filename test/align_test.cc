// Align on masks from the independent renderer: it converges, and refuses what cannot be
// aligned.
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <cmath>
#include <cstring>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::ExpectHonest;
using testing::MakeScene;
using testing::MeanIouAt;
using testing::Off;
using testing::Options;
using testing::Random;
using testing::RandomPose;
using testing::Solve;
using testing::SyntheticScene;
using testing::TestCamera;
using testing::TurnedCamera;

TEST(Align, ConvergesFromTwoViews) {
  const std::vector<TriangleMesh> meshes = {MakeMultiPart(1500), MakeBumpyBlob(1300, 71)};
  for (int trial = 0; trial < 12; ++trial) {
    const Scene scene = MakeScene(meshes[trial % 2], 2, trial, 15);
    const AlignResult result = Solve(scene);
    SCOPED_TRACE(trial);
    ExpectHonest(scene, result);
    EXPECT_EQ(result.status, AlignStatus::kConverged) << result.termination;
    EXPECT_TRUE(result.IsUsable());
    const PoseError error = ErrorOf(scene, result);
    EXPECT_LT(error.rotation_deg, 0.6);
    EXPECT_LT(error.translation_percent, 0.2);
    EXPECT_GT(result.MeanIou(), MeanIouAt(scene, *scene.true_rig_from_world) - 1e-3);
    for (const ViewResult& view : result.views) EXPECT_LT(view.contour_rms_px, 0.6);
  }
}

TEST(Align, ConvergesFromOneViewWithASoftMaskToTheTruth) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  for (int trial = 0; trial < 8; ++trial) {
    const Scene scene = MakeScene(mesh, 1, 20 + trial, 10, 16);
    const AlignResult result = Solve(scene);
    SCOPED_TRACE(trial);
    ExpectHonest(scene, result);
    EXPECT_EQ(result.status, AlignStatus::kConverged) << result.termination;
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.05);
    EXPECT_LT(ErrorOf(scene, result).translation_percent, 0.02);
  }
}

// Starts of every quality, also ones that lead nowhere, and images of one level and of many.
TEST(Align, TheCostNeverEndsAboveItsStart) {
  const TriangleMesh mesh = MakeBumpyBlob(1300, 72);
  AlignOptions options = Options();
  for (int trial = 0; trial < 24; ++trial) {
    const int width = 24 + 17 * (trial % 8);
    const Scene scene =
        MakeScene(mesh, 1 + trial % 2, 40 + trial, 7.0 * trial, 1, width, (4 * width) / 5);
    options.restarts = trial % 3 == 0 ? 64 : 0;
    options.moment_translation = trial % 4 != 1;
    SCOPED_TRACE(trial);
    ExpectHonest(scene, Solve(scene, options));
  }
}

TEST(Align, AStartAtTheTruthIsNotLeftForAWorsePose) {
  for (int trial = 0; trial < 6; ++trial) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 1 + trial % 2, 70 + trial, 0, 1);
    const AlignResult result = Solve(scene);
    ExpectHonest(scene, result);
    EXPECT_EQ(result.status, AlignStatus::kConverged);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 1);
  }
}

// A third camera looks the other way: its mask is empty, and stays so at the answer.
TEST(Align, AViewThatSeesNothingDoesNotDisturb) {
  const Scene two = MakeScene(MakeMultiPart(1500), 2, 82, 12);
  Scene three = two;
  View away = two.views[0];
  away.name = "away";
  away.mask = ImageF(away.camera.width_px, away.camera.height_px);
  away.cam_from_rig = Rigid3d(ExpRotation({0, M_PI, 0}), Eigen::Vector3d::Zero());
  three.views.insert(three.views.begin(), away);
  const AlignResult a = Solve(two), b = Solve(three);
  ExpectHonest(three, b);
  EXPECT_EQ(b.status, AlignStatus::kConverged);
  EXPECT_TRUE(b.views[0].mask_empty);
  EXPECT_FALSE(b.views[0].object_in_frame);
  EXPECT_EQ(b.views[0].iou, 1);
  EXPECT_TRUE(std::isnan(b.views[0].contour_rms_px));
  EXPECT_FALSE(b.views[1].mask_empty);
  EXPECT_TRUE(b.IsUsable());
  EXPECT_NEAR(b.MeanIou(), a.MeanIou(), 1e-3);
  EXPECT_LT(ErrorOf(three, b).rotation_deg, 0.6);
}

TEST(Align, EveryMaskEmptyIsRefused) {
  Scene scene = MakeScene(MakeMultiPart(600), 2, 83, 5);
  for (View& view : scene.views) view.mask.pixels.assign(view.mask.pixels.size(), 0.0f);
  try {
    Solve(scene);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("empty"), std::string::npos) << error.what();
  }
}

TEST(Align, AStartBehindTheCameraIsRefused) {
  Scene scene = MakeScene(MakeMultiPart(600), 1, 84, 5);
  scene.initial_rig_from_world->translation.z() *= -1;
  try {
    Solve(scene);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("behind"), std::string::npos) << error.what();
  }
}

TEST(Align, AnOffScreenStartIsMovedOrRefused) {
  Scene scene = MakeScene(MakeMultiPart(1500), 2, 85, 8);
  scene.initial_rig_from_world->translation += Eigen::Vector3d(40, -25, 0);
  const AlignResult result = Solve(scene);
  ExpectHonest(scene, result);
  EXPECT_EQ(result.status, AlignStatus::kConverged);
  EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.6);
  AlignOptions options = Options();
  options.moment_translation = false;
  EXPECT_THROW(Solve(scene, options), InputError);
}

// An object on a turntable, and a view that shows another shape (an articulated object baked for
// each view).
TEST(Align, ViewsMayHaveTheirOwnMeshAndObjectPose) {
  const TriangleMesh body = MakeMultiPart(1500), other = MakeBumpyBlob(1300, 73, 1.5);
  const Camera camera = TestCamera(160, 130);
  for (int trial = 0; trial < 4; ++trial) {
    Random random("turntable", trial);
    const Rigid3d truth = RandomPose(body, camera, 40, &random);
    Scene scene = SyntheticScene(body, camera, {}, truth, 1);
    scene.meshes.push_back(std::make_shared<TriangleMesh>(other));
    scene.mesh_names.emplace_back("other");
    for (int i = 0; i < 3; ++i) {
      View view;
      view.name = "turn" + std::to_string(i);
      view.camera = camera;
      view.mesh_index = i == 2 ? 1 : 0;
      view.world_from_object =
          Rigid3d(ExpRotation({0, 0, 0.9 * i}), Eigen::Vector3d(0.1 * i, 0.05, -0.1 * i));
      view.cam_from_rig = i == 1 ? TurnedCamera(truth.translation, 0.3) : Rigid3d();
      view.mask = RenderMask(*scene.meshes[view.mesh_index],
                             view.cam_from_rig * truth * view.world_from_object, camera);
      scene.views.push_back(view);
    }
    scene.initial_rig_from_world = Off(truth, body, 12, 3, &random);
    const AlignResult result = Solve(scene);
    SCOPED_TRACE(trial);
    ExpectHonest(scene, result);
    EXPECT_EQ(result.status, AlignStatus::kConverged);
    EXPECT_TRUE(result.IsUsable());
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
    EXPECT_LT(ErrorOf(scene, result).translation_percent, 0.2);
  }
}

// A mesh in coordinates far from its origin is no harder: the rotation acts about the object.
TEST(Align, TheWorldsOriginMayBeFarFromTheObject) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  const Scene near = MakeScene(mesh, 2, 88, 15);
  const Eigen::Vector3d offset(3000, -5000, 2000);
  auto moved = std::make_shared<TriangleMesh>(*near.meshes[0]);
  for (auto& v : moved->vertices) v += offset;
  Scene far = near;
  far.meshes = {moved};
  const auto shift = [&](const Rigid3d& pose) {
    return Rigid3d(pose.rotation, Eigen::Vector3d(pose.translation - pose.rotation * offset));
  };
  far.initial_rig_from_world = shift(*near.initial_rig_from_world);
  far.true_rig_from_world = shift(*near.true_rig_from_world);
  const AlignResult a = Solve(near), b = Solve(far);
  EXPECT_EQ(b.status, AlignStatus::kConverged);
  EXPECT_NEAR(b.final_cost, a.final_cost, 1e-3 * a.final_cost);
  EXPECT_LT(ErrorOf(far, b).rotation_deg, 0.6);
  EXPECT_LT(ErrorOf(far, b).translation_percent, 0.2);
  EXPECT_LE(std::abs(b.evaluations - a.evaluations), 6);
}

TEST(Align, AnObjectCutByTheFrameIsAlignedToo) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  const Camera camera = TestCamera(160, 130);
  Random random("cut", 0);
  Rigid3d truth = RandomPose(mesh, camera, 50, &random);
  truth.translation.x() += 1.1 * BoundingSphere(mesh).radius;
  Scene scene =
      SyntheticScene(mesh, camera, {Rigid3d(), TurnedCamera(truth.translation, 0.7)}, truth, 1);
  scene.initial_rig_from_world = Off(truth, mesh, 8, 3, &random);
  const AlignResult result = Solve(scene);
  ExpectHonest(scene, result);
  EXPECT_TRUE(result.views[0].mask_touches_frame);
  EXPECT_TRUE(result.views[0].object_in_frame);
  EXPECT_EQ(result.status, AlignStatus::kConverged);
  EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.8);
}

void ExpectSameBits(const AlignResult& a, const AlignResult& b) {
  const auto same = [](const auto& x, const auto& y) {
    return std::memcmp(&x, &y, sizeof(x)) == 0;
  };
  double pose_a[7], pose_b[7];
  ToPoseBlock(a.rig_from_world, pose_a);
  ToPoseBlock(b.rig_from_world, pose_b);
  EXPECT_TRUE(same(pose_a, pose_b));
  EXPECT_TRUE(same(a.initial_cost, b.initial_cost));
  EXPECT_TRUE(same(a.final_cost, b.final_cost));
  EXPECT_EQ(a.iterations, b.iterations);
  EXPECT_EQ(a.evaluations, b.evaluations);
  EXPECT_EQ(a.termination, b.termination);
  ASSERT_TRUE(a.covariance && b.covariance);
  EXPECT_EQ(std::memcmp(a.covariance->data(), b.covariance->data(), 36 * sizeof(double)), 0);
  for (size_t i = 0; i < a.views.size(); ++i) {
    EXPECT_TRUE(same(a.views[i].iou, b.views[i].iou));
    EXPECT_TRUE(same(a.views[i].contour_rms_px, b.views[i].contour_rms_px));
  }
}

TEST(Align, TheSameBitsForAnyNumberOfThreadsAndFromRunToRun) {
  for (int trial : {90, 91, 92}) {
    // The last start is far off: restarts are tried, in large batches.
    const Scene scene = MakeScene(MakeMultiPart(1500), 2, trial, trial == 92 ? 70 : 15);
    const AlignOptions options;
    CpuRasterizer one(1);
    const AlignResult first = Align(scene, &one, options);
    ExpectSameBits(first, Align(scene, &one, options));
    // Four threads also where there are fewer processors.
    const tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
    for (int threads : {1, 2, 4}) {
      CpuRasterizer rasterizer(threads);
      ExpectSameBits(first, Align(scene, &rasterizer, options));
    }
  }
}

}  // namespace
}  // namespace ceres_align
