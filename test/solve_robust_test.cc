// Masks that are wrong in places: what is far from their outlines does not count; clean ones are
// left alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "align_testing.h"
#include "ceres_align/solve/mask_offset.h"
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
    // A hole of a few pixels is a speck of the mask, and yet of the object.
    for (const MaskTreatment& mask : on.masks) EXPECT_LT(mask.left_out(), 0.002);
    on_deg.push_back(ErrorOf(scene, on).rotation_deg);
    options.robust = Choice::kOff;
    off_deg.push_back(ErrorOf(scene, Solve(scene, options)).rotation_deg);
  }
  EXPECT_LT(Median(on_deg), 1.2 * Median(off_deg));
}

TEST(SolveRobust, AMaskGrownOrShrunkByAPixelIsUndone) {
  for (const double dilate_px : {1.0, -1.0}) {
    MaskNoise noise;
    noise.dilate_px = dilate_px;
    std::vector<double> with_deg, without_deg;
    for (int trial = 0; trial < 9; ++trial) {
      const Scene scene = NoisyScene(trial, noise);
      AlignOptions options = Options();
      const AlignResult with = Solve(scene, options);
      EXPECT_LE(with.final_cost, with.initial_cost);
      ASSERT_EQ(with.masks.size(), 2u) << "trial " << trial;
      // A step to the four neighbours moves an outline by 0.71 to 1 px.
      for (const MaskTreatment& mask : with.masks) {
        EXPECT_NEAR(mask.offset_px, 0.9 * dilate_px, 0.15) << "trial " << trial;
        EXPECT_LT(mask.offset_sigma_px, 0.15);
      }
      with_deg.push_back(ErrorOf(scene, with).rotation_deg);
      options.offset = options.robust = Choice::kOff;
      options.search_if_poor = false;
      without_deg.push_back(ErrorOf(scene, Solve(scene, options)).rotation_deg);
    }
    std::printf("  %+.0f px: median %.4f deg, %.4f deg without\n", dilate_px, Median(with_deg),
                Median(without_deg));
    EXPECT_LT(Median(with_deg), 0.4 * Median(without_deg));
  }
}

// One mask of a nearly round object hardly tells an offset from a change of depth; the pattern that
// a pixel step leaves at the outline does.
TEST(SolveRobust, OneRoundMaskGrownOrShrunkByAPixelIsUndone) {
  const TriangleMesh mesh = MakeBumpyBlob(4000, 5);
  for (const double dilate_px : {1.0, -1.0}) {
    MaskNoise noise;
    noise.dilate_px = dilate_px;
    for (int trial = 0; trial < 4; ++trial) {
      SCOPED_TRACE(::testing::Message() << dilate_px << " px, trial " << trial);
      Scene scene = MakeScene(mesh, 1, 740 + trial, 5, 1, 306, 256);
      scene.views[0].mask = ApplyNoise(scene.views[0].mask, noise, trial);
      AlignOptions options = Options();
      const AlignResult with = Solve(scene, options);
      ASSERT_EQ(with.masks.size(), 1u);
      EXPECT_EQ(with.masks[0].step, PixelStep::kFour);
      EXPECT_NEAR(with.masks[0].offset_px, 0.9 * dilate_px, 0.15);
      EXPECT_LT(ErrorOf(scene, with).translation_percent, 0.1);
      EXPECT_TRUE(with.sharpened);
      options.offset = Choice::kOff;
      options.search_if_poor = false;
      EXPECT_GT(ErrorOf(scene, Solve(scene, options)).translation_percent, 0.5);
    }
  }
}

// A mesh that is too large, a focal length that is too short and a camera that is turned move the
// masks' outlines too, but not by the same all round.
TEST(SolveRobust, WhatElseIsWrongIsTakenForNoOffset) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  const auto make = [&](int trial) { return MakeScene(mesh, 2, 760 + trial, 5, 1, 240, 200); };
  const auto expect_untouched = [](const Scene& scene) {
    for (const MaskTreatment& mask : Solve(scene).masks) EXPECT_EQ(mask.offset_px, 0);
  };
  for (int trial = 0; trial < 4; ++trial) {
    SCOPED_TRACE(trial);
    Scene larger = make(trial), shorter = make(trial), turned = make(trial);
    TriangleMesh grown = *larger.meshes[0];
    for (Eigen::Vector3d& p : grown.vertices) p *= 1.02;
    larger.meshes = {std::make_shared<const TriangleMesh>(grown)};
    expect_untouched(larger);
    for (View& view : shorter.views) {
      view.camera.fx_px *= 0.96;
      view.camera.fy_px *= 0.96;
    }
    expect_untouched(shorter);
    turned.views[1].cam_from_rig =
        Rigid3d(ExpRotation({0, 0.006, 0}), Eigen::Vector3d::Zero()) * turned.views[1].cam_from_rig;
    expect_untouched(turned);
  }
}

// It moves no outline, and says nothing against the pose.
TEST(SolveRobust, AHoleInsideAMaskIsNoReasonToSearch) {
  for (int trial = 0; trial < 3; ++trial) {
    Scene scene = MakeScene(MakeBumpyBlob(4000, 5), 1, 780 + trial, 5, 1, 306, 256);
    const AlignResult whole = Solve(scene);
    ImageF& mask = scene.views[0].mask;
    const Eigen::Vector3d center = whole.views[0].cam_from_world * whole.object_center_in_world;
    const Eigen::Vector2d middle = scene.views[0].camera.Project(center);
    for (int r = 0; r < mask.height; ++r) {
      for (int c = 0; c < mask.width; ++c) {
        if (std::hypot(c - middle.x(), r - middle.y()) < 27) mask.at(c, r) = 0;
      }
    }
    const AlignResult holed = Solve(scene);
    EXPECT_GT(2 * holed.final_cost, 2000);  // of the hole
    EXPECT_FALSE(holed.searched);
    EXPECT_FALSE(holed.restarted);
    EXPECT_LT(ErrorOf(scene, holed).rotation_deg, 0.3);
  }
}

TEST(MaskOffset, AMovedMaskIsTheMaskAtItsNewOutline) {
  // A disc of radius 20 px, anti-aliased.
  ImageF disc(60, 50);
  for (int r = 0; r < disc.height; ++r) {
    for (int c = 0; c < disc.width; ++c) {
      const double inside = 20 - std::hypot(c + 0.5 - 30.2, r + 0.5 - 24.7);
      disc.at(c, r) = static_cast<float>(std::clamp(0.5 + inside, 0.0, 1.0));
    }
  }
  EXPECT_EQ(MovedMask(disc, ImageF(), 0).pixels, disc.pixels);
  for (const double offset_px : {-1.5, -0.4, 0.3, 1.2}) {
    double area = 0;
    for (const float t : MovedMask(disc, ImageF(), offset_px).pixels) area += t;
    EXPECT_NEAR(std::sqrt(area / M_PI), 20 - offset_px, 0.06) << offset_px;
  }
}

TEST(MaskOffset, PixelStepsAreUndone) {
  ImageF square(12, 10);
  for (int r = 3; r < 7; ++r) std::fill_n(square.row(r) + 4, 5, 1.0f);
  for (const PixelStep step : {PixelStep::kFour, PixelStep::kEight}) {
    const ImageF grown = SteppedBack(square, step, false);
    double area = 0;
    for (const float t : grown.pixels) area += t;
    EXPECT_EQ(area, step == PixelStep::kFour ? 38 : 42);
    EXPECT_EQ(SteppedBack(grown, step, true).pixels, square.pixels);
  }
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
