// Pixels of weight 0 do not count, for anything.
#include <gtest/gtest.h>

#include <string>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::ExpectHonest;
using testing::MakeScene;
using testing::Random;
using testing::Solve;

// Garbage where the weight is 0 changes nothing, not a bit.
TEST(Align, IgnoredPixelsDoNotCount) {
  Scene clean = MakeScene(MakeMultiPart(1500), 2, 86, 12);
  for (View& view : clean.views) {
    view.weight = ImageF(view.mask.width, view.mask.height, 1.0f);
    for (int r = 0; r < view.mask.height; ++r) {
      for (int c = 0; c < view.mask.width / 4; ++c) view.weight.at(c, r) = 0;
    }
  }
  Scene garbage = clean;
  Random random("garbage", 0);
  for (View& view : garbage.views) {
    for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
      if (view.weight.pixels[i] == 0) {
        view.mask.pixels[i] = static_cast<float>(random.Uniform(0, 1));
      }
    }
  }
  const AlignResult a = Solve(clean), b = Solve(garbage);
  ExpectHonest(garbage, b);
  EXPECT_LT(ErrorOf(clean, a).rotation_deg, 0.6);
  EXPECT_EQ(a.final_cost, b.final_cost);
  EXPECT_TRUE(a.rig_from_world.translation == b.rig_from_world.translation);
  EXPECT_TRUE(a.rig_from_world.rotation.coeffs() == b.rig_from_world.rotation.coeffs());
  for (size_t i = 0; i < a.views.size(); ++i) EXPECT_EQ(a.views[i].iou, b.views[i].iou);
  // The weights are what makes the difference.
  for (View& view : garbage.views) view.weight = ImageF();
  EXPECT_GT(Solve(garbage).final_cost, 2 * a.final_cost);
}

TEST(Align, AMaskThatIsOnlyIgnoredPixelsIsEmpty) {
  Scene scene = MakeScene(MakeMultiPart(600), 1, 87, 5);
  scene.views[0].weight = ImageF(160, 130, 1.0f);
  for (size_t i = 0; i < scene.views[0].mask.pixels.size(); ++i) {
    if (scene.views[0].mask.pixels[i] > 0) scene.views[0].weight.pixels[i] = 0;
  }
  EXPECT_THROW(Solve(scene), InputError);
}

}  // namespace
}  // namespace ceres_align
