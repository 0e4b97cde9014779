// Distances to outlines and the weights that follow from them.
#include "ceres_align/scene/mask_band.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;

std::vector<OutlinePoint> RandomPoints(int count, int width, int height, Random* random) {
  std::vector<OutlinePoint> points;
  for (int i = 0; i < count; ++i) {
    points.push_back({static_cast<float>(random->Uniform(0, width)),
                      static_cast<float>(random->Uniform(0, height))});
  }
  return points;
}

TEST(MaskBand, DistancesAreThoseToTheNearestPoint) {
  for (int trial = 0; trial < 8; ++trial) {
    Random random("distances", trial);
    const int width = 50 - 3 * trial, height = 20 + 4 * trial;
    const std::vector<OutlinePoint> points = RandomPoints(5 + 3 * trial, width, height, &random);
    const double band_px = random.Uniform(1, 9);
    const ImageF distances = DistancesTo(points, width, height, band_px);
    for (int r = 0; r < height; ++r) {
      for (int c = 0; c < width; ++c) {
        double expected = band_px;
        for (const OutlinePoint& p : points) {
          expected = std::min(expected, std::hypot(c + 0.5 - p.x, r + 0.5 - p.y));
        }
        ASSERT_NEAR(distances.at(c, r), expected, 1e-5 * (1 + expected));
      }
    }
  }
}

TEST(MaskBand, NothingIsNearNoPoints) {
  for (const float d : DistancesTo({}, 7, 5, 4).pixels) EXPECT_EQ(d, 4);
  for (const float w : BandWeights({}, ImageF(), 7, 5, 4).pixels) EXPECT_EQ(w, 0);
}

TEST(MaskBand, WeightsFallToZeroAtTheBandsEdge) {
  EXPECT_EQ(TukeyWeight(0, 3), 1);
  EXPECT_EQ(TukeyWeight(3, 3), 0);
  EXPECT_EQ(TukeyWeight(100, 3), 0);
  for (double d = 0; d < 3; d += 0.1) EXPECT_GT(TukeyWeight(d, 3), TukeyWeight(d + 0.1, 3));
  ImageF given(9, 1, 2.0f);
  given.at(3, 0) = 0;
  const ImageF weights = BandWeights({{2.5f, 0.5f}}, given, 9, 1, 3);
  EXPECT_EQ(weights.at(2, 0), 2);
  EXPECT_EQ(weights.at(3, 0), 0);
  EXPECT_FLOAT_EQ(weights.at(4, 0), static_cast<float>(2 * TukeyWeight(2, 3)));
  EXPECT_EQ(weights.at(5, 0), 0);
}

}  // namespace
}  // namespace ceres_align
