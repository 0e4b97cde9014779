// Masks that are wrong in places: what is far from their outlines does not count; clean ones are
// left alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "align_testing.h"
#include "ceres_align/synth/mask_noise.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::MakeScene;
using testing::Options;
using testing::Solve;

Scene NoisyScene(int trial, const MaskNoise& noise) {
  Scene scene = MakeScene(MakeMultiPart(1500), 2, 700 + trial, 5, 1, 240, 200);
  for (size_t i = 0; i < scene.views.size(); ++i) {
    scene.views[i].mask = ApplyNoise(scene.views[i].mask, noise, 10 * trial + i);
  }
  return scene;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

TEST(SolveRobust, MissingBlobsDoNotPullThePose) {
  MaskNoise noise;
  noise.missing_blobs = 3;
  std::vector<double> robust_deg, plain_deg;
  int searched = 0;
  for (int trial = 0; trial < 9; ++trial) {
    const Scene scene = NoisyScene(trial, noise);
    AlignOptions options = Options();
    const AlignResult robust = Solve(scene, options);
    robust_deg.push_back(ErrorOf(scene, robust).rotation_deg);
    searched += robust.searched || robust.restarted ? 1 : 0;
    EXPECT_LE(robust.final_cost, robust.initial_cost);
    options.robust = Choice::kOff;
    options.search_if_poor = false;
    const AlignResult plain = Solve(scene, options);
    EXPECT_TRUE(plain.masks.empty());
    plain_deg.push_back(ErrorOf(scene, plain).rotation_deg);
  }
  std::printf("  median %.4f deg, %.4f deg without; %d of 9 searched\n", Median(robust_deg),
              Median(plain_deg), searched);
  EXPECT_LT(Median(robust_deg), 0.6 * Median(plain_deg));
  EXPECT_LE(searched, 1);
}

TEST(SolveRobust, ACleanMaskIsLeftAlone) {
  MaskNoise wavy;
  wavy.wave_rms_px = 0.3;
  for (const MaskNoise& noise : {MaskNoise(), wavy}) {
    for (int trial = 0; trial < 4; ++trial) {
      const Scene scene = NoisyScene(trial, noise);
      AlignOptions options = Options();
      const AlignResult chosen = Solve(scene, options);
      options.robust = Choice::kOff;
      const AlignResult off = Solve(scene, options);
      EXPECT_TRUE(chosen.masks.empty());
      EXPECT_EQ(chosen.evaluations, off.evaluations);
      EXPECT_EQ(chosen.final_cost, off.final_cost);
      EXPECT_TRUE(chosen.rig_from_world.translation == off.rig_from_world.translation);
    }
  }
}

TEST(SolveRobust, OnACleanMaskItDoesNoHarm) {
  std::vector<double> on_deg, off_deg;
  for (int trial = 0; trial < 9; ++trial) {
    const Scene scene = NoisyScene(trial, MaskNoise());
    AlignOptions options = Options();
    options.robust = Choice::kOn;
    const AlignResult on = Solve(scene, options);
    ASSERT_EQ(on.masks.size(), 2u);
    for (const MaskTreatment& mask : on.masks) EXPECT_LT(mask.left_out(), 0.002);
    on_deg.push_back(ErrorOf(scene, on).rotation_deg);
    options.robust = Choice::kOff;
    off_deg.push_back(ErrorOf(scene, Solve(scene, options)).rotation_deg);
  }
  EXPECT_LT(Median(on_deg), 1.2 * Median(off_deg));
}

// A missing part leaves the render outside the mask and never inside; a wrong pose does both.
TEST(SolveRobust, OnlyAWrongPoseErrsToBothSides) {
  Scene scene = MakeScene(MakeMultiPart(1500), 1, 720, 5, 8);
  ImageF& mask = scene.views[0].mask;
  for (int r = 0; r < mask.height / 2; ++r) std::fill_n(mask.row(r), mask.width, 0.0f);
  CpuRasterizer rasterizer(1);
  const PreparedScene prepared(scene, PrepareMeshes(scene), &rasterizer, 12, 2);
  const size_t last = prepared.last_level();
  const Rigid3d truth = prepared.ToRun(*scene.true_rig_from_world),
                start = prepared.ToRun(*scene.initial_rig_from_world);
  const double missing = 2 * prepared.CostAt(last, truth);
  EXPECT_GT(missing, 0.2 * prepared.MaskEnergy(last));
  EXPECT_LT(prepared.MisfitToBothSides(last, truth), 1e-3 * missing);
  EXPECT_GT(prepared.MisfitToBothSides(last, start), 0.05 * prepared.MaskEnergy(last));
  EXPECT_LE(prepared.MisfitToBothSides(last, start), 2 * prepared.CostAt(last, start));
}

}  // namespace
}  // namespace ceres_align
