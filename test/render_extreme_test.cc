// Cameras whose projections leave the range of integers, and pixels that hold thousands of edges.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "polygon_union.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

Camera WithFocalLength(double f_px) { return {64, 48, f_px, f_px, 31.7, 24.2}; }

// The mesh as the reference sampler sees it, where a double still knows pixels.
void ExpectAsSampled(const TriangleMesh& mesh, const Camera& camera, const Rigid3d& pose) {
  SamplerOptions options;
  options.samples_per_axis = 16;
  options.near_z = 1e-4 * BoundingSphere(mesh).radius;
  const ImageF sampled = RenderMask(mesh, pose, camera, options);
  const Image<double> ours = MeshRenderer(mesh).Coverage(camera, pose);
  for (size_t i = 0; i < ours.pixels.size(); ++i) {
    ASSERT_NEAR(ours.pixels[i], sampled.pixels[i], 0.05) << "f " << camera.fx_px << " pixel " << i;
  }
}

TEST(RenderExtreme, FocalLengthsThatThrowEdgesBeyondIntegers) {
  TriangleMesh mesh = MakeMultiPart(2000);
  CleanMesh(&mesh);
  MeshRenderer renderer(mesh);
  for (double f_px : {1e8, 1e10, 1e12, 1e15, 1e100}) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("focal", trial);
      const Rigid3d pose = RandomPose(mesh, TestCamera(64, 48), 20, &random);
      std::vector<double> jacobian;
      const Image<double> image = renderer.Coverage(WithFocalLength(f_px), pose, &jacobian);
      for (double m : image.pixels) ASSERT_TRUE(m >= 0 && m <= 1 + 1e-9) << f_px << " " << m;
    }
  }
}

TEST(RenderExtreme, CameraInsideWithALongFocalLengthSeesAFullFrame) {
  TriangleMesh blob = MakeBumpyBlob(2000, 7);
  CleanMesh(&blob);
  const Sphere sphere = BoundingSphere(blob);
  for (double f_px : {3e5, 1e8, 1e12}) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("inside", trial);
      Rigid3d pose = RandomPose(blob, TestCamera(64, 48), 20, &random);
      pose.translation += Eigen::Vector3d(0.05, 0.02, 0.1) * sphere.radius - pose * sphere.center;
      ExpectAsSampled(blob, WithFocalLength(f_px), pose);
    }
  }
}

// Triangles in the image plane z = 1 of a camera with f = 1 px and its principal point at 0: their
// corners are pixels. They are moved away from the camera a little, each by its own depth.
class FlatScene {
 public:
  explicit FlatScene(uint64_t seed) : random_("flat", seed) {}

  void AddTriangle(const Eigen::Vector2d& a, const Eigen::Vector2d& b, const Eigen::Vector2d& c) {
    const double z = kDepth + random_.Uniform(0, 1);
    const auto first = static_cast<int32_t>(mesh_.vertices.size());
    for (const Eigen::Vector2d& p : {a, b, c}) mesh_.vertices.emplace_back(z * p.x(), z * p.y(), z);
    mesh_.faces.push_back({first, first + 1, first + 2});
    triangles_.push_back({a, b, c});
  }
  Eigen::Vector2d Point(double low_x, double high_x, double low_y, double high_y) {
    const double x = random_.Uniform(low_x, high_x);
    return {x, random_.Uniform(low_y, high_y)};
  }
  Random& random() { return random_; }

  void ExpectExact(int width, int height, const char* what) {
    CleanMesh(&mesh_);
    const Camera camera{width, height, 1, 1, 0, 0};
    const Image<double> ours = MeshRenderer(mesh_).Coverage(camera, Rigid3d());
    double worst = 0, total = 0;
    for (int r = 0; r < height; ++r) {
      for (int c = 0; c < width; ++c) {
        const double exact = testing::UnionAreaInPixel(triangles_, c, r);
        worst = std::max(worst, std::abs(exact - ours.at(c, r)));
        total += exact;
      }
    }
    std::printf("  %-34s %6zu triangles, %8.4f px covered, worst %.1e\n", what, triangles_.size(),
                total, worst);
    EXPECT_GT(total, 0.05) << what;
    EXPECT_LE(worst, 2e-6) << what;
  }

 private:
  static constexpr double kDepth = 1000;
  Random random_;
  TriangleMesh mesh_;
  std::vector<std::array<Eigen::Vector2d, 3>> triangles_;
};

TEST(RenderExtreme, NeedlesThatCrossInOnePixel) {
  for (const auto& [count, width] : {std::pair(60, 1e-2), {300, 1e-2}, {300, 1e-3}, {300, 4e-2}}) {
    FlatScene scene(count);
    for (int i = 0; i < count; ++i) {
      const double angle = scene.random().Uniform(0, 2 * M_PI);
      const Eigen::Vector2d along(std::cos(angle), std::sin(angle)), across(-along.y(), along.x());
      const Eigen::Vector2d center = scene.Point(2.4, 2.6, 2.4, 2.6);
      scene.AddTriangle(center - 0.4 * along + width * across,
                        center - 0.4 * along - width * across, center + 0.4 * along);
    }
    scene.ExpectExact(5, 5, "needles");
  }
}

TEST(RenderExtreme, CombsOfSlivers) {
  constexpr int kCount = 600;
  FlatScene lying(1), standing(2);
  for (int i = 0; i < kCount; ++i) {
    const double at = 2.05 + 0.9 * i / kCount, h = 0.6 / kCount;
    lying.AddTriangle({2.03, at}, {2.05, at + h}, {3.4, at + 0.5 * h});
    standing.AddTriangle({at, 2.03}, {at + h, 2.05}, {at + 0.5 * h, 3.4});
  }
  lying.ExpectExact(5, 5, "comb, lying");
  standing.ExpectExact(5, 5, "comb, standing");
}

TEST(RenderExtreme, TinyTrianglesAndLongSlivers) {
  FlatScene tiny(3), rows(4);
  for (int i = 0; i < 2000; ++i) {
    const Eigen::Vector2d p = tiny.Point(1.9, 3.1, 1.9, 3.1);
    tiny.AddTriangle(p, p + tiny.Point(-0.03, 0.03, -0.03, 0.03),
                     p + tiny.Point(-0.03, 0.03, -0.03, 0.03));
  }
  tiny.ExpectExact(5, 5, "tiny triangles");
  for (int i = 0; i < 300; ++i) {
    const Eigen::Vector2d top = rows.Point(-1, 5, -0.3, 0.3), bottom = rows.Point(-1, 5, 7, 9);
    rows.AddTriangle(top, top + Eigen::Vector2d(0.004, 0.001), bottom);
  }
  rows.ExpectExact(4, 8, "slivers across rows");
}

// Coincident edges have no order of their own: the fan's triangles share them, others repeat them.
TEST(RenderExtreme, FansAndEdgesOnEdges) {
  FlatScene scene(5);
  const Eigen::Vector2d hub(2.37, 2.61);
  for (int i = 0; i < 400; ++i) {
    const auto rim = [&](int k) {
      const double angle = 2 * M_PI * k / 400;
      return Eigen::Vector2d(hub + 1.3 * Eigen::Vector2d(std::cos(angle), std::sin(angle)));
    };
    if (i % 3 != 0) scene.AddTriangle(hub, rim(i), rim(i + 1));
    if (i % 5 == 0) scene.AddTriangle(hub, 0.5 * (hub + rim(i)), rim(i + 1));
  }
  scene.ExpectExact(5, 5, "fan");
}

}  // namespace
}  // namespace ceres_align
