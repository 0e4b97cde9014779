// Each helper of testing.h does what it says, and each check can fail.
#include "testing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "ceres_align/synth/shapes.h"

namespace ceres_align::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(TestingRandom, IsReproducibleOnAnyMachine) {
  Random random("pinned", 7);
  const double first = random.Uniform(0, 1), second = random.Uniform(0, 1);
  EXPECT_EQ(first, 0.8665946202567026);
  EXPECT_EQ(second, 0.519830386191896);
  Random again("pinned", 7), other_case("pinned", 8), other_suite("pinnee", 7);
  EXPECT_EQ(again.Uniform(0, 1), first);
  EXPECT_NE(other_case.Uniform(0, 1), first);
  EXPECT_NE(other_suite.Uniform(0, 1), first);
}

TEST(TestingRandom, HasTheStatedDistributions) {
  Random random("distributions", 0);
  constexpr int kCount = 20000;
  double uniform = 0, normal = 0, normal2 = 0;
  Eigen::Vector3d direction = Eigen::Vector3d::Zero();
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Zero();
  for (int i = 0; i < kCount; ++i) {
    const double u = random.Uniform(2, 4), n = random.Normal();
    ASSERT_TRUE(u >= 2 && u < 4);
    uniform += u;
    normal += n;
    normal2 += n * n;
    const Eigen::Vector3d v = random.UnitVector();
    ASSERT_NEAR(v.norm(), 1, 1e-14);
    direction += v;
    const Eigen::Quaterniond q = random.Rotation();
    ASSERT_NEAR(q.norm(), 1, 1e-14);
    rotation += q.toRotationMatrix();
  }
  // Five standard errors of the means.
  const double tolerance = 5 / std::sqrt(kCount);
  EXPECT_NEAR(uniform / kCount, 3, tolerance);
  EXPECT_NEAR(normal / kCount, 0, tolerance);
  EXPECT_NEAR(normal2 / kCount, 1, 1.5 * tolerance);
  EXPECT_LT((direction / kCount).norm(), tolerance);
  EXPECT_LT((rotation / kCount).cwiseAbs().maxCoeff(), tolerance);
}

TEST(TestingCamera, HasNoSymmetryThatHidesAMistake) {
  const Camera camera = TestCamera(160, 120);
  EXPECT_EQ(camera.width_px, 160);
  EXPECT_EQ(camera.height_px, 120);
  EXPECT_NE(camera.fx_px, camera.fy_px);
  EXPECT_NE(camera.cx_px, 80);
  EXPECT_NE(camera.cy_px, 60);
}

TEST(TestingRandomPose, ShowsTheObjectAtTheSizeAskedFor) {
  const Camera camera = TestCamera(200, 160);
  TriangleMesh mesh = MakeMultiPart(1000);
  for (Eigen::Vector3d& v : mesh.vertices) v += Eigen::Vector3d(10, -20, 30);  // an origin far off
  const Sphere sphere = BoundingSphere(mesh);
  MeshRenderer renderer(mesh);
  Eigen::Quaterniond last = Eigen::Quaterniond::Identity();
  for (int trial = 0; trial < 30; ++trial) {
    Random random("pose", trial);
    const Rigid3d pose = RandomPose(mesh, camera, 50, &random);
    const Eigen::Vector3d center = pose * sphere.center;
    EXPECT_NEAR(sphere.radius * camera.fx_px / center.z(), 50, 0.06 * 50);
    EXPECT_LT((camera.Project(center) - Eigen::Vector2d(camera.cx_px, camera.cy_px)).norm(), 16);
    for (const Eigen::Vector3d& v : mesh.vertices) ASSERT_GT((pose * v).z(), 0);
    const Image<double> image = renderer.Coverage(camera, pose);
    const double area = std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0);
    EXPECT_GT(area, 0.1 * M_PI * 50 * 50);
    EXPECT_LT(area, 1.2 * M_PI * 50 * 50);
    for (int c = 0; c < image.width; ++c) {
      ASSERT_EQ(image.at(c, 0) + image.at(c, image.height - 1), 0);
    }
    EXPECT_GT(RotationAngle_rad(pose.rotation, last), 1e-3);
    last = pose.rotation;
  }
}

TEST(TestingMovePose, TurnsAboutTheCentreInTheCamerasAxes) {
  Random random("move", 0);
  const Rigid3d pose(random.Rotation(), Eigen::Vector3d(1, 2, 7));
  const Eigen::Vector3d center(0.3, -0.4, 0.5), point(1.1, 0.2, -0.7);
  Eigen::Matrix<double, 6, 1> delta;
  delta << 0.2, -0.1, 0.4, 0.05, 0.06, -0.07;
  const Rigid3d moved = MovePose(pose, center, delta);
  EXPECT_LT((moved * center - (pose * center + delta.tail<3>())).norm(), 1e-14);
  const Eigen::Vector3d lever = pose * point - pose * center;
  const double angle = delta.head<3>().norm();
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(angle, delta.head<3>() / angle).toRotationMatrix();
  EXPECT_LT((moved * point - (pose * center + turn * lever + delta.tail<3>())).norm(), 1e-14);
  EXPECT_GT((moved * point - (pose * center + turn.transpose() * lever + delta.tail<3>())).norm(),
            0.1);
}

TEST(TestingTurnedCamera, SeesThePivotWhereItWas) {
  const Eigen::Vector3d pivot(0.3, -0.2, 5);
  const Rigid3d camera = TurnedCamera(pivot, 0.5);
  EXPECT_LT((camera * pivot - pivot).norm(), 1e-14);
  EXPECT_NEAR(RotationAngle_rad(camera.rotation, Eigen::Quaterniond::Identity()), 0.5, 1e-14);
  EXPECT_NEAR(camera.TargetOriginInSource().norm(), 2 * std::sin(0.25) * std::hypot(0.3, 5), 1e-12);
}

TEST(TestingSyntheticScene, MasksShowTheTruth) {
  const TriangleMesh mesh = MakeMultiPart(1000);
  const Camera camera = TestCamera(120, 100);
  Random random("scene", 0);
  const Rigid3d truth = RandomPose(mesh, camera, 40, &random);
  const std::vector<Rigid3d> rig = {Rigid3d(), TurnedCamera(truth.translation, 0.6)};
  const Scene scene = SyntheticScene(mesh, camera, rig, truth, 4);
  ASSERT_EQ(scene.views.size(), 2u);
  MeshRenderer renderer(mesh);
  for (const View& view : scene.views) {
    const Image<double> right = renderer.Coverage(camera, view.cam_from_rig * truth);
    const Image<double> wrong = renderer.Coverage(
        camera,
        view.cam_from_rig * Rigid3d(truth.rotation, Eigen::Vector3d(1.05 * truth.translation)));
    double right_sum = 0, wrong_sum = 0;
    for (size_t i = 0; i < right.pixels.size(); ++i) {
      right_sum += std::abs(right.pixels[i] - view.mask.pixels[i]);
      wrong_sum += std::abs(wrong.pixels[i] - view.mask.pixels[i]);
    }
    EXPECT_LT(right_sum, 40);
    EXPECT_GT(wrong_sum, 3 * right_sum);
  }
}

TEST(TestingRelativeDifference, FailsOnNanAndOnSizes) {
  EXPECT_DOUBLE_EQ(RelativeDifference({3, 4.5}, {3, 4}), 0.1);
  EXPECT_EQ(RelativeDifference({3, 4}, {3, 4}), 0);
  EXPECT_FALSE(RelativeDifference({3, kNan}, {3, 4}) <= 1e9);
  EXPECT_FALSE(RelativeDifference({3, 4}, {kNan, 4}) <= 1e9);
  EXPECT_FALSE(RelativeDifference({3}, {3, 4}) <= 1e9);
  EXPECT_FALSE(RelativeDifference({}, {}) <= 1e9);
  EXPECT_FALSE(RelativeDifference({0, 0}, {0, 0}) <= 1e9);  // nothing was compared
  EXPECT_FALSE(RelativeDifference({1, 0}, {0, 0}) <= 1e9);
}

// Four "pixels": a·t, and the three coordinates of R·b. About the object's origin, v moves t and
// ω moves R·b by ω × R·b.
CoverageFunction KnownCoverage(double factor, int column, double nan_in_image) {
  return [=](const Rigid3d& pose, std::vector<double>* jacobian) {
    const Eigen::Vector3d a(0.5, -0.25, 0.75), b(0.2, 0.7, -0.4), turned = pose.rotation * b;
    Image<double> image(4, 1);
    image.pixels = {a.dot(pose.translation) + nan_in_image, turned.x(), turned.y(), turned.z()};
    if (jacobian != nullptr) {
      jacobian->assign(24, 0.0);
      for (int k = 0; k < 3; ++k) {
        (*jacobian)[3 + k] = a[k];
        const Eigen::Vector3d d = Eigen::Vector3d::Unit(k).cross(turned);
        for (int i = 0; i < 3; ++i) (*jacobian)[6 * (i + 1) + k] = d[i];
      }
      for (int i = 0; i < 4; ++i) (*jacobian)[6 * i + column] *= factor;
    }
    return image;
  };
}

TEST(TestingJacobianError, AcceptsTheDerivativeAndRejectsOthers) {
  Random random("jacobian", 0);
  const Rigid3d pose(random.Rotation(), Eigen::Vector3d(1, 2, 3));
  const Eigen::Vector3d origin = Eigen::Vector3d::Zero();
  const double h = 1e-5, length = 2.5;
  EXPECT_TRUE(JacobianError(KnownCoverage(1, 0, 0), pose, origin, h, length) <= 1e-8);
  for (int column = 0; column < 6; ++column) {
    const double error = JacobianError(KnownCoverage(1.001, column, 0), pose, origin, h, length);
    EXPECT_NEAR(error, 1e-3, 1e-6) << column;
    EXPECT_FALSE(JacobianError(KnownCoverage(kNan, column, 0), pose, origin, h, length) <= 1e9);
    EXPECT_FALSE(JacobianError(KnownCoverage(2, column, 0), pose, origin, h, length) <= 0.5);
  }
  EXPECT_FALSE(JacobianError(KnownCoverage(1, 0, kNan), pose, origin, h, length) <= 1e9);
  const CoverageFunction constant = [](const Rigid3d&, std::vector<double>* jacobian) {
    if (jacobian != nullptr) jacobian->assign(24, 0.0);
    return Image<double>(4, 1, 0.5);
  };
  // An image that does not move proves nothing.
  EXPECT_FALSE(JacobianError(constant, pose, origin, h, length) <= 1e9);
}

TEST(TestingMeshRenderer, RendersTheMeshItWasGiven) {
  const TriangleMesh mesh = MakeCube(2);
  MeshRenderer renderer(mesh);
  const Camera camera{100, 80, 100, 100, 50, 40};
  const Image<double> image =
      renderer.Coverage(camera, Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(0, 0, 6)));
  // The near side at z = 5: a square of 40 px.
  EXPECT_NEAR(std::accumulate(image.pixels.begin(), image.pixels.end(), 0.0), 1600, 1e-4);
  EXPECT_EQ(renderer.center(), Eigen::Vector3d(0, 0, 0));
  EXPECT_EQ(renderer.contour_mesh().num_faces(), 12);
  std::vector<double> jacobian;
  renderer.Coverage(camera, Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(0, 0, 6)),
                    &jacobian);
  EXPECT_EQ(jacobian.size(), 6 * image.pixels.size());
}

}  // namespace
}  // namespace ceres_align::testing
