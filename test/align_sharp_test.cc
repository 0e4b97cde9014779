// The sharp last steps on binary masks: nearer to the truth, and only where they may be taken.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "align_testing.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using testing::MakeScene;

double MedianError_deg(int sharp_window, int samples, int* sharpened, int finest_window = 1,
                       int width = 200, int height = 160) {
  std::vector<double> errors;
  *sharpened = 0;
  CpuRasterizer rasterizer(1);
  for (int trial = 0; trial < 9; ++trial) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 2, 500 + trial, 5, samples, width, height);
    AlignOptions options;
    options.covariance = false;
    options.sharp_window = sharp_window;
    options.finest_window = finest_window;
    const AlignResult result = Align(scene, &rasterizer, options);
    *sharpened += result.sharpened ? 1 : 0;
    EXPECT_LE(result.final_cost, result.initial_cost);
    errors.push_back(ComparePoses(result.rig_from_world, *scene.true_rig_from_world,
                                  result.object_center_in_world)
                         .rotation_deg);
  }
  std::nth_element(errors.begin(), errors.begin() + 4, errors.end());
  return errors[4];
}

TEST(AlignSharp, BinaryMasksAreMetNearerToTheTruth) {
  int with = 0, without = 0;
  const double sharp = MedianError_deg(9, 1, &with), plain = MedianError_deg(1, 1, &without);
  std::printf("  median %.4f deg without, %.4f deg with\n", plain, sharp);
  EXPECT_EQ(with, 9);
  EXPECT_EQ(without, 0);
  EXPECT_LT(sharp, 0.75 * plain);
}

TEST(AlignSharp, NarrowerMiddlesAreNearerYet) {
  int count = 0;
  const double sharp = MedianError_deg(9, 1, &count, 1, 640, 480),
               narrow = MedianError_deg(9, 1, &count, 27, 640, 480);
  std::printf("  median %.4f deg at 1/9, %.4f deg at 1/27\n", sharp, narrow);
  EXPECT_EQ(count, 9);
  EXPECT_LT(narrow, 0.9 * sharp);
}

TEST(AlignSharp, AntiAliasedMasksAreLeftAlone) {
  int sharpened = 0;
  MedianError_deg(9, 8, &sharpened);
  EXPECT_EQ(sharpened, 0);
}

}  // namespace
}  // namespace ceres_align
