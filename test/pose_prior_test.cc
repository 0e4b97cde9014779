// Bounds on the pose: what they mean, and that a search keeps to them. Truth is how the masks were
// made, by the point sampler.
#include "ceres_align/scene/pose_prior.h"

#include <gtest/gtest.h>

#include <cmath>

#include "align_testing.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/synth/mesh_damage.h"

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using testing::ErrorOf;
using testing::Random;

constexpr double kDegree = M_PI / 180;

Rigid3d Turned(double angle_rad, const Vector3d& axis, const Vector3d& at) {
  return Rigid3d(Eigen::Quaterniond(Eigen::AngleAxisd(angle_rad, axis.normalized())), at);
}

TEST(PriorTest, BoundsEachMotion) {
  PosePrior prior;
  const Rigid3d start = Turned(0, Vector3d::UnitX(), Vector3d(0, 0, 4));
  const Rigid3d far = Turned(50 * kDegree, Vector3d(1, 2, 3), Vector3d(0.5, 0, 8));
  EXPECT_FALSE(prior.Any());
  EXPECT_TRUE(PriorTest(prior, start, Rigid3d()).Allows(far));
  prior.max_rotation_rad = 40 * kDegree;
  const PriorTest rotation(prior, start, Rigid3d());
  EXPECT_FALSE(rotation.Allows(far));
  EXPECT_NE(rotation.Broken(far).find("50.00 deg from the start"), std::string::npos);
  EXPECT_TRUE(rotation.Allows(far, 11 * kDegree));
  EXPECT_TRUE(rotation.Allows(Turned(39 * kDegree, Vector3d(1, 2, 3), Vector3d(9, 9, 9))));
  prior = PosePrior();
  prior.max_shift = 0.1;
  const PriorTest shift(prior, start, Rigid3d());
  EXPECT_TRUE(shift.Allows(Turned(3, Vector3d(1, 0, 3), Vector3d(0.39, 0, 4))));
  EXPECT_FALSE(shift.Allows(Turned(0, Vector3d(1, 0, 3), Vector3d(0.41, 0, 4))));
  EXPECT_TRUE(shift.Broken(start).empty());
}

TEST(PriorTest, DistanceIsFromTheFirstCamera) {
  PosePrior prior;
  prior.min_distance = 3;
  prior.max_distance = 5;
  const Rigid3d first_cam_from_rig(Eigen::Quaterniond::Identity(), Vector3d(0, 0, 2));
  const PriorTest test(prior, std::nullopt, first_cam_from_rig);
  EXPECT_TRUE(test.Allows(Turned(1, Vector3d::UnitX(), Vector3d(0, 0, 2))));
  EXPECT_FALSE(test.Allows(Turned(1, Vector3d::UnitX(), Vector3d(0, 0, 3.1))));
  EXPECT_FALSE(test.Allows(Turned(1, Vector3d::UnitX(), Vector3d(0, 0, 0.9))));
  EXPECT_TRUE(test.Allows(Turned(1, Vector3d::UnitX(), Vector3d(0, 0, 3.1)), 0, 0.05));
}

TEST(PriorTest, UprightLeavesTheTurnAboutUpFree) {
  PosePrior prior;
  prior.max_tilt_rad = 20 * kDegree;
  prior.up_in_world = Vector3d(0, 0, 2);
  const PriorTest test(prior, std::nullopt, Rigid3d());
  // The world's z to the rig's −y, then any turn about it.
  const Eigen::Quaterniond up = RotationBetween(Vector3d::UnitZ(), -Vector3d::UnitY());
  for (int i = 0; i < 12; ++i) {
    const Eigen::Quaterniond turn(Eigen::AngleAxisd(i * M_PI / 6, Vector3d::UnitY()));
    EXPECT_TRUE(test.AllowsRotation(turn * up, 0));
    for (const double tilt_deg : {19.0, 21.0}) {
      const Eigen::Quaterniond tilt(Eigen::AngleAxisd(tilt_deg * kDegree, Vector3d::UnitX()));
      EXPECT_EQ(test.AllowsRotation(tilt * turn * up, 0), tilt_deg < 20);
    }
  }
}

TEST(PriorTest, BadOnesAreErrors) {
  for (int field = 0; field < 7; ++field) {
    AlignOptions options;
    if (field == 0) options.prior.max_rotation_rad = 0;
    if (field == 1) options.prior.max_shift = -1;
    if (field == 2) options.prior.min_distance = std::nan("");
    if (field == 3) options.prior.max_distance = 0;
    if (field == 4) options.prior.max_tilt_rad = std::nan("");
    if (field == 5) options.prior.up_in_world.setZero();
    if (field == 6) options.prior.up_in_cam.x() = std::nan("");
    EXPECT_THROW(options.Validate(), InputError) << field;
  }
  PosePrior prior;
  prior.max_rotation_rad = 1;
  EXPECT_THROW(PriorTest(prior, std::nullopt, Rigid3d()), InputError);
}

// The truth without a start, one mask.
Scene OneView(const TriangleMesh& mesh, double fov_deg, int trial) {
  constexpr int kWidth = 200, kHeight = 160;
  const double f = 0.5 * kHeight / std::tan(fov_deg * M_PI / 360);
  const Camera camera{kWidth, kHeight, f, f, 0.5 * kWidth, 0.5 * kHeight};
  Random random("prior", trial);
  const Rigid3d truth = testing::RandomPose(mesh, camera, 0.36 * kHeight, &random);
  Scene scene = testing::SyntheticScene(mesh, camera, {Rigid3d()}, truth, 1);
  scene.initial_rig_from_world.reset();
  return scene;
}

TriangleMesh MirrorObject() {
  const TriangleMesh half = MakeMultiPart(1000);
  TriangleMesh other = half;
  for (Vector3d& v : other.vertices) v = v.cwiseProduct(Vector3d(1, 1, -1));
  TriangleMesh mesh = Concatenate(half, other);
  CleanMesh(&mesh);
  return mesh;
}

// Through a long lens an object that is its own mirror image has a twin; what is up tells which.
TEST(Prior, UprightDecidesBetweenTwins) {
  int decided = 0;
  for (int trial = 0; trial < 6; ++trial) {
    const Scene scene = OneView(MirrorObject(), 3, trial);
    const AlignResult open = testing::Solve(scene);
    if (!open.ambiguous || open.alternatives.empty()) continue;
    AlignOptions options = testing::Options();
    options.prior.up_in_world = Vector3d::UnitZ();
    options.prior.up_in_cam = scene.true_rig_from_world->rotation * Vector3d::UnitZ();
    const double apart_rad = RotationAngle_rad(open.alternatives[0].rig_from_world.rotation,
                                               open.rig_from_world.rotation);
    if (apart_rad < 40 * kDegree) continue;  // the bound would hold for both
    options.prior.max_tilt_rad = 10 * kDegree;
    const AlignResult known = testing::Solve(scene, options);
    EXPECT_LT(ErrorOf(scene, known).rotation_deg, 0.5);
    EXPECT_FALSE(known.ambiguous) << known.ambiguity;
    EXPECT_TRUE(known.IsUsable());
    ++decided;
  }
  EXPECT_GE(decided, 2);
}

TEST(Prior, AnAnswerOutsideIsNotUsable) {
  const Scene scene = OneView(MakeMultiPart(1500), 40, 0);
  AlignOptions options = testing::Options();
  const AlignResult open = testing::Solve(scene, options);
  ASSERT_TRUE(open.IsUsable());
  const double distance = scene.true_rig_from_world->translation.norm();
  options.prior.min_distance = 1.2 * distance;
  const AlignResult wrong = testing::Solve(scene, options);
  EXPECT_FALSE(wrong.IsUsable());
  const Check& check = wrong.checks[wrong.checks.size() - 2];
  EXPECT_EQ(check.name, "prior");
  EXPECT_FALSE(check.passed);
  options.prior.min_distance = 0.9 * distance;
  options.prior.max_distance = 1.1 * distance;
  EXPECT_TRUE(testing::Solve(scene, options).IsUsable());
}

// Of an object's equal poses the one near the start is meant, though a search finds any of them.
TEST(Prior, OfSymmetricPosesTheNearestToTheStart) {
  for (int trial = 0; trial < 4; ++trial) {
    const TriangleMesh mesh = MakePrism(1, 1.6, 6);
    Scene scene = OneView(mesh, 40, trial);
    Random random("nearest", trial);
    scene.initial_rig_from_world = testing::Off(*scene.true_rig_from_world, mesh, 6, 1, &random);
    AlignOptions options = testing::Options();
    options.search_misfit = 0;  // always searched
    const AlignResult result = testing::Solve(scene, options);
    EXPECT_TRUE(result.searched);
    EXPECT_TRUE(result.ambiguous);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
    testing::ExpectHonest(scene, result);
  }
}

// A start at a wrong local minimum, in whose ball there is nothing better, and a ball that holds
// the truth.
TEST(Prior, ATrustBallIsSearchedInside) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  Scene scene = OneView(mesh, 40, 3);
  Random random("ball", 0);
  scene.initial_rig_from_world = testing::Off(*scene.true_rig_from_world, mesh, 60, 5, &random);
  AlignOptions options = testing::Options();
  options.restarts = 0;
  for (const double ball_deg : {20.0, 70.0}) {
    options.prior.max_rotation_rad = ball_deg * kDegree;
    const AlignResult result = testing::Solve(scene, options);
    const double off_deg =
        RotationAngle_rad(result.rig_from_world.rotation, scene.initial_rig_from_world->rotation) /
        kDegree;
    EXPECT_EQ(result.IsUsable(), ball_deg > 60);
    if (ball_deg > 60) {
      EXPECT_LE(off_deg, ball_deg);
      EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
    }
  }
}

}  // namespace
}  // namespace ceres_align
