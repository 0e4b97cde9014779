// The covariance: absent where the masks leave the pose open, right in size where they do not.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <algorithm>

#include "ceres_align/align/aligner.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MovePose;
using testing::Random;
using testing::RandomPose;
using testing::SyntheticScene;
using testing::TestCamera;
using testing::TurnedCamera;
using Vector6 = Eigen::Matrix<double, 6, 1>;
using Matrix6 = Eigen::Matrix<double, 6, 6>;

Scene MakeScene(const TriangleMesh& mesh, int num_views, int trial) {
  const Camera camera = TestCamera(200, 160);
  Random random("covariance", trial);
  const Rigid3d truth = RandomPose(mesh, camera, 58, &random);
  std::vector<Rigid3d> rig = {Rigid3d()};
  if (num_views > 1) {
    rig.push_back(TurnedCamera(truth * BoundingSphere(mesh).center, 0.8));
  }
  Scene scene = SyntheticScene(mesh, camera, rig, truth, 1);
  Vector6 delta;
  delta << 0.05 * random.UnitVector(), 0.02 * random.UnitVector();
  scene.initial_rig_from_world = MovePose(truth, BoundingSphere(mesh).center, delta);
  return scene;
}

// [ω, v] from the estimate to the truth, about the object's centre, in the rig's axes.
Vector6 Error(const Scene& scene, const AlignResult& result) {
  const Rigid3d& truth = *scene.true_rig_from_world;
  Vector6 error;
  error << LogRotation(truth.rotation * result.rig_from_world.rotation.conjugate()),
      truth * result.object_center_in_world - result.rig_from_world * result.object_center_in_world;
  return error;
}

TEST(Covariance, IsSymmetricAndPositiveDefinite) {
  for (int trial = 0; trial < 6; ++trial) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 1 + trial % 2, trial);
    CpuRasterizer rasterizer(1);
    const AlignResult result = Align(scene, &rasterizer, AlignOptions());
    ASSERT_TRUE(result.covariance.has_value());
    const Matrix6& covariance = *result.covariance;
    EXPECT_TRUE(covariance == covariance.transpose());
    EXPECT_EQ(covariance.llt().info(), Eigen::Success);
    EXPECT_GT(covariance.diagonal().minCoeff(), 0);
    // Hundredths of a degree to a degree for a binary mask of this size.
    for (int k = 0; k < 3; ++k) {
      const double sigma_deg = std::sqrt(covariance(k, k)) * 180 / M_PI;
      EXPECT_GT(sigma_deg, 0.002);
      EXPECT_LT(sigma_deg, 2);
    }
  }
}

TEST(Covariance, IsNotComputedWhenNotAskedFor) {
  AlignOptions options;
  options.covariance = false;
  CpuRasterizer rasterizer(1);
  EXPECT_FALSE(Align(MakeScene(MakeMultiPart(1500), 1, 0), &rasterizer, options).covariance);
}

// Errors of binary masks' edges: χ² = eᵀ Σ⁻¹ e has 6 degrees of freedom, median 5.35.
void ExpectCalibrated(const std::vector<double>& chi2_in, double factor) {
  std::vector<double> chi2 = chi2_in;
  std::sort(chi2.begin(), chi2.end());
  const double median = chi2[chi2.size() / 2];
  std::printf("  %zu runs: median chi2 / 6 = %.2f (ideal 0.89), largest %.1f\n", chi2.size(),
              median / 6, chi2.back() / 6);
  EXPECT_LT(median, 5.35 * factor);
  EXPECT_GT(median, 5.35 / factor);
}

TEST(Covariance, IsCalibratedOnCleanMasks) {
  std::vector<double> chi2;
  for (int trial = 0; trial < 40; ++trial) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 2, 100 + trial);
    CpuRasterizer rasterizer(1);
    const AlignResult result = Align(scene, &rasterizer, AlignOptions());
    ASSERT_TRUE(result.covariance.has_value()) << trial;
    const Vector6 error = Error(scene, result);
    chi2.push_back(error.dot(result.covariance->ldlt().solve(error)));
  }
  ExpectCalibrated(chi2, 2);
}

TEST(Covariance, IsCalibratedOnMasksWithHoles) {
  MaskNoise noise;
  noise.missing_blobs = 4;
  noise.blob_radius = 0.06;
  noise.salt_and_pepper = 0.01;
  std::vector<double> chi2;
  for (int trial = 0; trial < 30; ++trial) {
    Scene scene = MakeScene(MakeMultiPart(1500), 2, 200 + trial);
    for (View& view : scene.views) view.mask = ApplyNoise(view.mask, noise, 7 * trial + 1);
    CpuRasterizer rasterizer(1);
    const AlignResult result = Align(scene, &rasterizer, AlignOptions());
    ASSERT_TRUE(result.covariance.has_value()) << trial;
    const Vector6 error = Error(scene, result);
    chi2.push_back(error.dot(result.covariance->ldlt().solve(error)));
  }
  ExpectCalibrated(chi2, 2);
}

// The same masks in millimetres instead of metres: rotation stays, translation scales.
TEST(Covariance, FollowsTheUnit) {
  Scene scene = MakeScene(MakeMultiPart(1500), 2, 3);
  CpuRasterizer rasterizer(1);
  const AlignResult small = Align(scene, &rasterizer, AlignOptions());
  auto large = std::make_shared<TriangleMesh>(*scene.meshes[0]);
  for (auto& v : large->vertices) v *= 1000;
  scene.meshes[0] = large;
  scene.initial_rig_from_world->translation *= 1000;
  for (View& view : scene.views) view.cam_from_rig.translation *= 1000;
  const AlignResult big = Align(scene, &rasterizer, AlignOptions());
  ASSERT_TRUE(small.covariance && big.covariance);
  Vector6 scale;
  scale << 1, 1, 1, 1000, 1000, 1000;
  const Matrix6 expected = scale.asDiagonal() * *small.covariance * scale.asDiagonal();
  for (int i = 0; i < 6; ++i) {
    EXPECT_NEAR((*big.covariance)(i, i) / expected(i, i), 1, 0.01) << i;
  }
}

// Two parallel straight edges cross the frame: nothing tells the sheet's place along them.
TEST(Covariance, AbsentWhereTheOutlineLeavesAMotionOpen) {
  const TriangleMesh sheet = MakeSheet(2, 200, 1, 1);
  const Camera camera = TestCamera(120, 100);
  const Rigid3d truth(ExpRotation({0, 0, 0.2}), Eigen::Vector3d(0.1, 0.2, 4));
  Scene scene = SyntheticScene(sheet, camera, {Rigid3d()}, truth, 4);
  scene.initial_rig_from_world = truth;
  CpuRasterizer rasterizer(1);
  const AlignResult result = Align(scene, &rasterizer, AlignOptions());
  EXPECT_GT(result.MeanIou(), 0.98);
  EXPECT_FALSE(result.covariance.has_value());
}

// An object that fills every frame has no outline at all.
TEST(Covariance, AbsentWithoutAnOutline) {
  const TriangleMesh sheet = MakeSheet(100, 100, 1, 1);
  const Camera camera = TestCamera(60, 50);
  const Rigid3d truth(ExpRotation({0, 0, 0.2}), Eigen::Vector3d(0.1, 0.2, 4));
  const Scene scene = SyntheticScene(sheet, camera, {Rigid3d()}, truth, 1);
  CpuRasterizer rasterizer(1);
  const AlignResult result = Align(scene, &rasterizer, AlignOptions());
  EXPECT_FALSE(result.covariance.has_value());
}

}  // namespace
}  // namespace ceres_align
