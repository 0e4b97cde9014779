// RasterJob::window: only the middle of each pixel is compared with the mask.
#include <gtest/gtest.h>

#include <vector>

#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

// The window's coverage is that of the middle pixel of k x k in a view k times as large.
TEST(RenderWindow, IsTheMiddlePixelOfALargerView) {
  const TriangleMesh mesh = MakeMultiPart(2000);
  MeshRenderer renderer(mesh);
  const Camera camera = TestCamera(60, 48);
  for (int k : {3, 5, 9}) {
    Random random("window", k);
    RasterJob job;
    job.mesh = renderer.id();
    job.camera = camera;
    job.cam_from_object = RandomPose(mesh, camera, 22, &random);
    job.window = k;
    std::vector<double> jacobian, large_jacobian;
    const Image<double> window = renderer.rasterizer().Coverage(job, &jacobian);
    const Image<double> large =
        renderer.Coverage(camera.Scaled(60 * k, 48 * k), job.cam_from_object, &large_jacobian);
    int partial = 0;
    for (int r = 0; r < 48; ++r) {
      for (int c = 0; c < 60; ++c) {
        const int row = k * r + k / 2, column = k * c + k / 2;
        ASSERT_NEAR(window.at(c, r), large.at(column, row), 1e-9) << k << " " << c << " " << r;
        partial += window.at(c, r) > 0 && window.at(c, r) < 1 ? 1 : 0;
        for (int i = 0; i < 6; ++i) {
          const double expected = large_jacobian[6 * (60 * k * row + column) + i];
          ASSERT_NEAR(jacobian[6 * (60 * r + c) + i], expected, 1e-6 * (1 + std::abs(expected)));
        }
      }
    }
    EXPECT_GT(partial, 10) << k;
  }
}

TEST(RenderWindow, GramSumsTheWindows) {
  const TriangleMesh mesh = MakeBumpyBlob(2000, 5);
  MeshRenderer renderer(mesh);
  const Camera camera = TestCamera(70, 56);
  Random random("gram", 0);
  RasterJob job;
  job.mesh = renderer.id();
  job.camera = camera;
  job.cam_from_object = RandomPose(mesh, camera, 20, &random);
  job.window = 5;
  ImageF mask(70, 56), weight(70, 56);
  for (float& t : mask.pixels) t = static_cast<float>(random.Uniform(0, 1));
  for (float& w : weight.pixels) w = static_cast<float>(random.Uniform(0, 2));
  job.target = renderer.rasterizer().AddTarget(std::make_shared<Target>(mask, weight));
  std::vector<GramResult> results;
  renderer.rasterizer().Evaluate({job}, &results);
  std::vector<double> jacobian;
  const Image<double> coverage = renderer.rasterizer().Coverage(job, &jacobian);
  double cost = 0, gradient[6] = {};
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    const double r = coverage.pixels[i] - mask.pixels[i];
    cost += weight.pixels[i] * r * r;
    for (int k = 0; k < 6; ++k) gradient[k] += weight.pixels[i] * r * jacobian[6 * i + k];
  }
  EXPECT_NEAR(results[0].gram[48], cost, 1e-12 * cost);
  for (int k = 0; k < 6; ++k) {
    EXPECT_NEAR(results[0].gram[7 * k + 6], gradient[k], 1e-9 * (1 + std::abs(gradient[k])));
  }
}

TEST(RenderWindow, EvenOrZeroIsAProgrammersError) {
  const TriangleMesh mesh = MakeCube();
  MeshRenderer renderer(mesh);
  RasterJob job;
  job.mesh = renderer.id();
  job.camera = TestCamera(20, 16);
  job.window = 4;
  EXPECT_DEATH(renderer.rasterizer().Coverage(job, nullptr), "window");
}

}  // namespace
}  // namespace ceres_align
