// Options are validated by name; what a result says of itself.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "align_testing.h"
#include "ceres_align/assess/verdict.h"

namespace ceres_align {
namespace {

using testing::MakeScene;
using testing::Options;
using testing::Solve;

TEST(AlignOptions, DefaultsAreValidAndMistakesAreNamed) {
  EXPECT_NO_THROW(AlignOptions().Validate());
  const auto expect_named = [](const char* field, const auto& change) {
    AlignOptions options;
    change(&options);
    try {
      options.Validate();
      ADD_FAILURE() << field << " was accepted";
    } catch (const InputError& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(std::string("option ") + field + " "), std::string::npos) << text;
      EXPECT_EQ(text.find('\n'), std::string::npos);
    }
  };
  for (double bad : {0.0, -1.0, static_cast<double>(NAN)}) {
    expect_named("coarsest_width_px", [&](AlignOptions* o) { o->coarsest_width_px = bad; });
    expect_named("level_factor", [&](AlignOptions* o) { o->level_factor = bad; });
    expect_named("max_rotation_step_rad", [&](AlignOptions* o) { o->max_rotation_step_rad = bad; });
    expect_named("max_translation_step", [&](AlignOptions* o) { o->max_translation_step = bad; });
  }
  for (double bad : {-1.0, static_cast<double>(NAN)}) {
    expect_named("coarse_step_px", [&](AlignOptions* o) { o->coarse_step_px = bad; });
    expect_named("coarse_cost_change", [&](AlignOptions* o) { o->coarse_cost_change = bad; });
    expect_named("final_step_px", [&](AlignOptions* o) { o->final_step_px = bad; });
    expect_named("final_cost_change", [&](AlignOptions* o) { o->final_cost_change = bad; });
  }
  expect_named("max_iterations", [](AlignOptions* o) { o->max_iterations = 0; });
  expect_named("max_iterations_per_level",
               [](AlignOptions* o) { o->max_iterations_per_level = 0; });
  expect_named("level_factor", [](AlignOptions* o) { o->level_factor = 1; });
  expect_named("finest_window", [](AlignOptions* o) { o->finest_window = 26; });
  AlignOptions options = Options();
  options.max_iterations = -3;
  EXPECT_THROW(Solve(MakeScene(MakeMultiPart(600), 1, 93, 5), options), InputError);
}

TEST(AlignResult, MeanIouAndUsable) {
  AlignResult result;
  EXPECT_EQ(result.MeanIou(), 0);
  EXPECT_FALSE(result.IsUsable());  // nothing was checked
  const auto usable = [&result] {
    result.checks = ChecksOf(result);
    return result.IsUsable();
  };
  result.status = AlignStatus::kConverged;
  result.views.resize(3);
  for (ViewResult& view : result.views) view.object_in_frame = true;
  result.views[0].iou = 0.9;
  result.views[1].iou = 0.8;
  result.views[2].iou = 1;
  result.views[2].mask_empty = true;
  EXPECT_DOUBLE_EQ(result.MeanIou(), 0.85);
  EXPECT_TRUE(usable());
  result.views[0].iou = 1;
  result.views[1].iou = 0.79;
  EXPECT_FALSE(usable());
  result.views[1].iou = NAN;
  EXPECT_FALSE(usable());
  result.views[1].iou = 1;
  EXPECT_TRUE(usable());
  for (AlignStatus status : {AlignStatus::kNotConverged, AlignStatus::kNoOverlap,
                             AlignStatus::kStopped, AlignStatus::kFailed}) {
    result.status = status;
    EXPECT_FALSE(usable()) << ToString(status);
  }
}

}  // namespace
}  // namespace ceres_align
