#include <gtest/gtest.h>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {
namespace {

TEST(Rigid3d, ExpAndLogAreInverse) {
  for (double angle : {0.0, 1e-12, 1e-6, 1e-4, 0.3, 3.0}) {
    const Eigen::Vector3d w = angle * Eigen::Vector3d(1, -2, 0.5).normalized();
    EXPECT_NEAR((LogRotation(ExpRotation(w)) - w).norm(), 0, 1e-14) << angle;
  }
}

TEST(Rigid3d, ComposesAsItsNameSays) {
  const Rigid3d c_from_b(ExpRotation({0.1, 0.7, -0.4}), Eigen::Vector3d(1, 2, 3));
  const Rigid3d b_from_a(ExpRotation({-1.1, 0.2, 0.9}), Eigen::Vector3d(-4, 0.5, 9));
  const Eigen::Vector3d x_in_a(0.3, -0.8, 2.0);
  EXPECT_NEAR(((c_from_b * b_from_a) * x_in_a - c_from_b * (b_from_a * x_in_a)).norm(), 0, 1e-13);
  EXPECT_NEAR((Inverse(b_from_a) * (b_from_a * x_in_a) - x_in_a).norm(), 0, 1e-13);
  EXPECT_NEAR((b_from_a * b_from_a.TargetOriginInSource()).norm(), 0, 1e-13);
}

TEST(Rigid3d, PoseBlockOrderIsXyzwThenTranslation) {
  const Rigid3d pose(ExpRotation({0.1, 0.7, -0.4}), Eigen::Vector3d(1, 2, 3));
  double block[kPoseBlockSize];
  ToPoseBlock(pose, block);
  EXPECT_EQ(block[0], pose.rotation.x());
  EXPECT_EQ(block[3], pose.rotation.w());
  EXPECT_EQ(block[6], 3);
  EXPECT_NEAR(RotationAngle_rad(FromPoseBlock(block).rotation, pose.rotation), 0, 1e-15);
}

TEST(Rigid3d, PoseErrorIsTakenAtTheObjectsCentre) {
  const Eigen::Vector3d center(100, 0, 0);
  const Rigid3d truth(Eigen::Quaterniond::Identity(), Eigen::Vector3d(-100, 0, 10));
  const Eigen::Quaterniond turn = ExpRotation({0, 0, 0.01});
  // Turned about the object's centre: no translation error there.
  const Rigid3d turned(turn, truth * center - turn * center);
  const PoseError error = ComparePoses(turned, truth, center);
  EXPECT_NEAR(error.rotation_deg, 0.01 * 180 / M_PI, 1e-12);
  EXPECT_NEAR(error.translation, 0, 1e-12);
}

TEST(Camera, ScalingKeepsThePixelRule) {
  const Camera camera{306, 256, 221.7, 230.1, 150.2, 131.9};
  const Eigen::Vector3d point(0.2, -0.1, 1.7);
  const Eigen::Vector2d full = camera.Project(point);
  const Eigen::Vector2d half = camera.Scaled(153, 128).Project(point);
  EXPECT_NEAR((full * 0.5 - half).norm(), 0, 1e-12);
  // With the other rule (first centre at 0) the halves would differ by a quarter pixel.
  EXPECT_GT((((full.array() - 0.5) * 0.5 + 0.0).matrix() - half).norm(), 0.2);
}

TEST(Mesh, WeldsAndDropsDegenerateFaces) {
  TriangleMesh mesh;
  mesh.vertices = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0.0, 1, -0.0}, {2, 0, 0}, {9, 9, 9}};
  mesh.faces = {{0, 1, 2}, {0, 3, 1}, {2, 3, 0}, {0, 1, 4}};
  const CleanReport report = CleanMesh(&mesh);
  EXPECT_EQ(report.welded_vertices, 1);
  EXPECT_EQ(report.repeated_indices, 1);
  EXPECT_EQ(report.zero_area, 1);
  ASSERT_EQ(mesh.faces.size(), 2u);
  EXPECT_EQ(mesh.vertices.size(), 3u);
  EXPECT_EQ(mesh.faces[1], (std::array<int32_t, 3>{0, 2, 1}));
  const Sphere sphere = BoundingSphere(mesh);
  EXPECT_NEAR(sphere.radius, std::sqrt(0.5), 1e-15);
}

}  // namespace
}  // namespace ceres_align
