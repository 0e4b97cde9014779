// Wherever Align ends, it tells the truth: costs are those of the pose at full size, never above
// the start's, and the status says why.
#include <gtest/gtest.h>

#include <cmath>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::ExpectHonest;
using testing::MakeScene;
using testing::Options;
using testing::Solve;

TEST(Align, TheCallbackSeesEveryLevelAndMayStopAnywhere) {
  for (int width : {64, 160}) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 2, 80, 12, 1, width, (4 * width) / 5);
    std::vector<AlignIteration> seen;
    AlignOptions options = Options();
    options.restarts = 0;  // they are not reported, nor is the sharpening
    options.sharp_window = 1;
    const AlignResult whole = Solve(scene, options, [&](const AlignIteration& iteration) {
      seen.push_back(iteration);
      return true;
    });
    ASSERT_GE(seen.size(), 6u);
    EXPECT_EQ(seen.front().level, 0);
    EXPECT_EQ(seen.front().iteration, 0);
    EXPECT_EQ(seen.back().level, seen.back().num_levels - 1);
    EXPECT_EQ(seen.back().width_px, width);
    int levels = 1;  // some may be left out
    for (size_t i = 1; i < seen.size(); ++i) levels += seen[i].level > seen[i - 1].level;
    EXPECT_EQ(static_cast<int>(seen.size()) - levels, whole.iterations);
    for (size_t i = 1; i < seen.size(); ++i) {
      EXPECT_TRUE(seen[i].level > seen[i - 1].level || seen[i].cost <= seen[i - 1].cost) << i;
    }
    EXPECT_NEAR(seen.back().cost, whole.final_cost, 1e-9 * (1 + whole.final_cost));
    size_t all_calls = 0;
    Solve(scene, Options(), [&](const AlignIteration&) { return ++all_calls > 0; });
    ASSERT_GE(all_calls, 6u);
    for (size_t stop_at = 1; stop_at <= all_calls; stop_at += 2) {
      size_t calls = 0;
      const AlignResult stopped =
          Solve(scene, Options(), [&](const AlignIteration&) { return ++calls < stop_at; });
      SCOPED_TRACE(stop_at);
      EXPECT_EQ(calls, stop_at);
      EXPECT_EQ(stopped.status, AlignStatus::kStopped);
      EXPECT_FALSE(stopped.IsUsable());
      ExpectHonest(scene, stopped);
    }
  }
}

TEST(Align, IterationLimitsAreKept) {
  for (int width : {64, 160}) {
    const Scene scene = MakeScene(MakeMultiPart(1500), 2, 81, 20, 1, width, (4 * width) / 5);
    for (int limit : {1, 2, 5, 9}) {
      AlignOptions options = Options();
      options.max_iterations = limit;
      SCOPED_TRACE(limit);
      const AlignResult result = Solve(scene, options);
      EXPECT_LE(result.iterations, limit);
      EXPECT_EQ(result.status, AlignStatus::kNotConverged) << result.termination;
      EXPECT_FALSE(result.IsUsable());
      ExpectHonest(scene, result);
    }
    AlignOptions options = Options();
    options.max_iterations_per_level = 1;
    options.restarts = 0;
    options.search_if_poor = false;
    const AlignResult result = Solve(scene, options);
    EXPECT_LE(result.iterations, 6);
    EXPECT_EQ(result.status, AlignStatus::kNotConverged) << result.termination;
    ExpectHonest(scene, result);
  }
}

}  // namespace
}  // namespace ceres_align
