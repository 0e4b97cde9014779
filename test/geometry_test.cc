#include <gtest/gtest.h>

#include <array>
#include <map>

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

// Against the plain way, with many vertices at the same places, zeros of both signs among them.
TEST(Mesh, CleanMeshWeldsAsAMapDoes) {
  TriangleMesh mesh;
  uint64_t state = 0x9E3779B97F4A7C15ull;
  const auto random = [&](uint64_t below) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % below;
  };
  for (int i = 0; i < 60000; ++i) {
    const double zero = random(2) == 0 ? 0.0 : -0.0;
    mesh.vertices.emplace_back(random(40) * 0.1, random(40) * 0.3 + zero, random(20) + zero);
  }
  for (int i = 0; i < 50000; ++i) {
    const auto index = [&] { return static_cast<int32_t>(random(mesh.vertices.size())); };
    mesh.faces.push_back({index(), index(), index()});
  }
  std::map<std::array<double, 3>, int32_t> places;  // −0 and +0 compare as equal
  std::vector<int32_t> first;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
    first.push_back(places.emplace(std::array<double, 3>{p.x(), p.y(), p.z()}, i).first->second);
  }
  TriangleMesh cleaned = mesh;
  const CleanReport report = CleanMesh(&cleaned);
  EXPECT_EQ(report.welded_vertices, static_cast<int64_t>(mesh.vertices.size() - places.size()));
  size_t at = 0;
  int64_t repeated = 0, flat = 0;
  for (const auto& face : mesh.faces) {
    const int32_t a = first[face[0]], b = first[face[1]], c = first[face[2]];
    const Eigen::Vector3d ab = mesh.vertices[b] - mesh.vertices[a],
                          ac = mesh.vertices[c] - mesh.vertices[a];
    if (a == b || b == c || c == a) {
      ++repeated;
    } else if (ab.cross(ac).norm() < 1e-9) {
      ++flat;
    } else {
      ASSERT_LT(at, cleaned.faces.size());
      for (int k = 0; k < 3; ++k) {
        EXPECT_EQ(cleaned.vertices[cleaned.faces[at][k]], mesh.vertices[face[k]]);
      }
      ++at;
    }
  }
  EXPECT_EQ(at, cleaned.faces.size());
  EXPECT_EQ(report.repeated_indices, repeated);
  EXPECT_EQ(report.zero_area, flat);
}

}  // namespace
}  // namespace ceres_align
