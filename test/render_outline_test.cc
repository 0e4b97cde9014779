// Outline samples against central differences of the coverage, and against its images.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

struct Setting {
  CpuRasterizer rasterizer{1};
  RasterJob job;

  Setting(const TriangleMesh& mesh, int trial, int window) {
    Random random("outline", trial);
    job.camera = testing::TestCamera(90, 70);
    job.cam_from_object = testing::RandomPose(mesh, job.camera, 26, &random);
    job.mesh = rasterizer.AddMesh(std::make_shared<ContourMesh>(mesh));
    job.window = window;
  }
  using Random = testing::Random;

  // (M at camera + change) − (M at camera − change), over 2·h.
  template <typename Change>
  Image<double> Difference(double h, const Change& change) {
    RasterJob more = job, less = job;
    change(h, &more.camera);
    change(-h, &less.camera);
    Image<double> a = rasterizer.Coverage(more, nullptr);
    const Image<double> b = rasterizer.Coverage(less, nullptr);
    for (size_t i = 0; i < a.pixels.size(); ++i)
      a.pixels[i] = (a.pixels[i] - b.pixels[i]) / (2 * h);
    return a;
  }
};

// The largest difference between what the samples say and the image, relative to its largest.
template <typename Value>
double WorstOf(const std::vector<OutlineSample>& samples, const Image<double>& expected,
               const Value& value) {
  Image<double> left = expected;
  double largest = 0, worst = 0;
  for (double e : expected.pixels) largest = std::max(largest, std::abs(e));
  for (const OutlineSample& s : samples) left.at(s.column, s.row) -= value(s);
  for (double e : left.pixels) {
    if (!(std::abs(e) <= worst)) worst = std::abs(e);
  }
  return worst / largest;
}

TEST(Outline, SamplesAreThePixelsOfTheJacobianImage) {
  for (int window : {1, 3}) {
    Setting setting(MakeMultiPart(1200), 1, window);
    std::vector<double> jacobian;
    const Image<double> coverage = setting.rasterizer.Coverage(setting.job, &jacobian);
    std::vector<OutlineSample> samples;
    setting.rasterizer.Outline(setting.job, &samples);
    ASSERT_GT(samples.size(), 30u);
    size_t with_jacobian = 0;
    for (size_t i = 0; i < coverage.pixels.size(); ++i) {
      with_jacobian +=
          std::any_of(&jacobian[6 * i], &jacobian[6 * i] + 6, [](double j) { return j != 0; });
    }
    EXPECT_GE(samples.size(), with_jacobian);
    for (const OutlineSample& s : samples) {
      EXPECT_EQ(s.coverage, coverage.at(s.column, s.row));
      const size_t i = static_cast<size_t>(s.row) * coverage.width + s.column;
      for (int k = 0; k < 6; ++k) EXPECT_EQ(s.jacobian[k], jacobian[6 * i + k]);
    }
  }
}

TEST(Outline, ShiftAndGrowthAreDerivativesOfTheCoverage) {
  for (int trial = 0; trial < 4; ++trial) {
    for (int window : {1, 3}) {
      SCOPED_TRACE(::testing::Message() << "trial " << trial << ", window " << window);
      Setting setting(MakeBumpyBlob(3000, trial + 1), trial, window);
      std::vector<OutlineSample> samples;
      setting.rasterizer.Outline(setting.job, &samples);
      const double h = 1e-6;
      const auto along_x = setting.Difference(h, [](double d, Camera* c) { c->cx_px += d; });
      const auto along_y = setting.Difference(h, [](double d, Camera* c) { c->cy_px += d; });
      const auto growth = setting.Difference(h, [](double d, Camera* c) {
        c->fx_px *= 1 + d;
        c->fy_px *= 1 + d;
        c->cx_px *= 1 + d;
        c->cy_px *= 1 + d;
      });
      const auto growth_x = setting.Difference(h, [](double d, Camera* c) {
        c->fx_px *= 1 + d;
        c->cx_px *= 1 + d;
      });
      const auto x = [](const OutlineSample& s) { return s.shift[0]; };
      const auto y = [](const OutlineSample& s) { return s.shift[1]; };
      const auto g = [](const OutlineSample& s) { return s.growth; };
      const auto gx = [](const OutlineSample& s) { return s.growth_x; };
      EXPECT_LT(WorstOf(samples, along_x, x), 2e-4);
      EXPECT_LT(WorstOf(samples, along_y, y), 2e-4);
      EXPECT_LT(WorstOf(samples, growth, g), 2e-4);
      EXPECT_LT(WorstOf(samples, growth_x, gx), 2e-4);
      // A derivative that is wrong by a thousandth is found.
      EXPECT_GT(WorstOf(samples, growth, [&](const OutlineSample& s) { return 1.001 * g(s); }),
                5e-4);
      EXPECT_GT(WorstOf(samples, growth_x, [&](const OutlineSample& s) { return 1.001 * gx(s); }),
                5e-4);
    }
  }
}

}  // namespace
}  // namespace ceres_align
