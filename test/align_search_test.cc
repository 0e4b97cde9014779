// A pose without a start: every rotation is tried.
#include "align_testing.h"
#include "ceres_align/search/global_search.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/rooster.h"

namespace ceres_align {
namespace {

using testing::CostAt;
using testing::ErrorOf;
using testing::MakeScene;
using testing::Options;
using testing::Random;
using testing::Solve;

Scene WithoutStart(const TriangleMesh& mesh, int num_views, int trial, int samples_per_axis = 1) {
  Scene scene = MakeScene(mesh, num_views, trial, 0, samples_per_axis);
  scene.initial_rig_from_world.reset();
  return scene;
}

void ExpectFound(const Scene& scene, const AlignResult& result) {
  EXPECT_TRUE(result.searched);
  EXPECT_FALSE(result.restarted);
  EXPECT_EQ(result.status, AlignStatus::kConverged) << result.termination;
  EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
  EXPECT_LT(ErrorOf(scene, result).translation_percent, 1);
}

/// The costs are what they say they are, in order, none below the answer's, and belong to other
/// rotations.
void ExpectHonestAlternatives(const Scene& scene, const AlignResult& result) {
  const double final_cost = CostAt(scene, result.rig_from_world);
  EXPECT_NEAR(result.final_cost, final_cost, 1e-7 * (1 + final_cost));
  double energy = 0;
  for (const View& view : scene.views) {
    for (const float pixel : view.mask.pixels) energy += 0.5 * pixel * pixel;
  }
  EXPECT_NEAR(result.initial_cost, energy, 1e-7 * energy);
  EXPECT_LT(result.alternatives.size(), static_cast<size_t>(AlignOptions().search_finalists));
  double floor = 0;
  for (const View& view : scene.views) {
    const ImageF& m = view.mask;
    for (int r = 0; r < m.height; ++r) {
      for (int c = 0; c < m.width; ++c) {
        const bool in = m.at(c, r) >= 0.5f;
        if (c + 1 < m.width && (m.at(c + 1, r) >= 0.5f) != in) floor += kCostFloorPerPx;
        if (r + 1 < m.height && (m.at(c, r + 1) >= 0.5f) != in) floor += kCostFloorPerPx;
      }
    }
  }
  double before = 1;
  bool ambiguous = false;
  for (const Alternative& other : result.alternatives) {
    const double ratio = (CostAt(scene, other.rig_from_world) + floor) / (final_cost + floor);
    EXPECT_NEAR(other.cost_ratio, ratio, 1e-6 * ratio);
    EXPECT_GE(other.cost_ratio, before);
    EXPECT_GT(RotationAngle_rad(other.rig_from_world.rotation, result.rig_from_world.rotation),
              0.9 * 4 * M_PI / 180);
    before = other.cost_ratio;
    ambiguous = ambiguous || other.cost_ratio <= kAmbiguousRatio;
  }
  EXPECT_EQ(result.ambiguous, ambiguous);
}

struct Shape {
  const char* name;
  TriangleMesh mesh;
  int trials;
};

std::vector<Shape> ShapesWithoutSymmetry() {
  return {{"blob", MakeBumpyBlob(1300, 73), 3},
          {"multi_part", MakeMultiPart(1500), 3},
          {"l_bracket", MakeLBracket(), 3},
          {"rooster", MakeRooster(6000), 1}};
}

TEST(GlobalSearch, TwoViewsGiveThePose) {
  for (const Shape& shape : ShapesWithoutSymmetry()) {
    for (int trial = 0; trial < shape.trials; ++trial) {
      SCOPED_TRACE(std::string(shape.name) + " " + std::to_string(trial));
      const Scene scene = WithoutStart(shape.mesh, 2, 300 + trial);
      const AlignResult result = Solve(scene);
      ExpectFound(scene, result);
      EXPECT_FALSE(result.ambiguous);
      EXPECT_GT(result.MeanIou(), 0.9);
    }
  }
}

TEST(GlobalSearch, OneSoftMaskGivesThePose) {
  for (const Shape& shape : ShapesWithoutSymmetry()) {
    for (int trial = 0; trial < shape.trials; ++trial) {
      SCOPED_TRACE(std::string(shape.name) + " " + std::to_string(trial));
      const Scene scene = WithoutStart(shape.mesh, 1, 320 + trial, 4);
      const AlignResult result = Solve(scene);
      ExpectFound(scene, result);
      ExpectHonestAlternatives(scene, result);
    }
  }
}

TEST(GlobalSearch, ThreadsGiveTheSameBits) {
  const Scene scene = WithoutStart(MakeMultiPart(1500), 2, 340);
  std::vector<AlignResult> results;
  for (const int threads : {1, 2, 4, 1}) {
    CpuRasterizer rasterizer(threads);
    results.push_back(Align(scene, &rasterizer, AlignOptions()));
    const AlignResult &a = results[0], &b = results.back();
    EXPECT_EQ(a.rig_from_world.rotation.coeffs(), b.rig_from_world.rotation.coeffs()) << threads;
    EXPECT_EQ(a.rig_from_world.translation, b.rig_from_world.translation) << threads;
    EXPECT_EQ(a.final_cost, b.final_cost) << threads;
    EXPECT_EQ(a.iterations, b.iterations) << threads;
    EXPECT_EQ(a.evaluations, b.evaluations) << threads;
    ASSERT_EQ(a.covariance.has_value(), b.covariance.has_value()) << threads;
    EXPECT_TRUE(!a.covariance || *a.covariance == *b.covariance) << threads;
    ASSERT_EQ(a.alternatives.size(), b.alternatives.size()) << threads;
    for (size_t i = 0; i < a.alternatives.size(); ++i) {
      const Alternative &x = a.alternatives[i], &y = b.alternatives[i];
      EXPECT_EQ(x.cost_ratio, y.cost_ratio) << threads;
      EXPECT_EQ(x.rig_from_world.rotation.coeffs(), y.rig_from_world.rotation.coeffs()) << threads;
    }
  }
}

// One camera does not see the object: the other one's mask decides, and the empty one objects to
// poses at which it would.
TEST(GlobalSearch, AnEmptyMaskInOneOfTwoViews) {
  Scene scene = WithoutStart(MakeMultiPart(1500), 1, 350);
  View away = scene.views[0];
  away.name = "away";
  away.mask = ImageF(away.camera.width_px, away.camera.height_px);
  away.cam_from_rig = Rigid3d(ExpRotation({0, M_PI, 0}), Eigen::Vector3d::Zero());
  scene.views.insert(scene.views.begin(), away);
  const AlignResult result = Solve(scene);
  ExpectFound(scene, result);
  EXPECT_TRUE(result.views[0].mask_empty);
  EXPECT_FALSE(result.views[0].object_in_frame);
}

TEST(GlobalSearch, ACubeIsAmbiguous) {
  const Scene scene = WithoutStart(MakeCube(), 2, 360);
  const AlignResult result = Solve(scene);
  EXPECT_EQ(result.status, AlignStatus::kConverged);
  EXPECT_GT(result.MeanIou(), 0.95);
  EXPECT_TRUE(result.ambiguous);
  EXPECT_FALSE(result.IsUsable());
  ASSERT_FALSE(result.alternatives.empty());
  EXPECT_NEAR(result.alternatives[0].cost_ratio, 1, 0.01);
}

// The tests above can fail: one rotation of the grid alone does not lead to the pose.
TEST(GlobalSearch, OneCandidateIsNotEnough) {
  const Scene scene = WithoutStart(MakeMultiPart(1500), 2, 300);
  AlignOptions options = Options();
  options.search_directions = 1;
  options.search_candidates = 1;
  options.search_again = false;
  const AlignResult result = Solve(scene, options);
  EXPECT_TRUE(result.searched);
  EXPECT_TRUE(result.alternatives.empty());
  EXPECT_GT(ErrorOf(scene, result).rotation_deg, 5);
  EXPECT_FALSE(result.IsUsable());
  // What does not fit is searched for once more, with a few candidates more.
  options.search_again = true;
  options.search_candidates = 20;
  const AlignResult again = Solve(scene, options);
  EXPECT_GT(again.evaluations, 2 * result.evaluations);
  EXPECT_LE(again.final_cost, result.final_cost);
}

TEST(GlobalSearch, AStartWhosePoorFitRemainsIsSearched) {
  const Scene scene = MakeScene(MakeMultiPart(1500), 2, 82, 170);
  AlignOptions options = Options();
  options.restarts = 0;
  options.search_if_poor = false;
  const AlignResult alone = Solve(scene, options);
  EXPECT_FALSE(alone.searched);
  EXPECT_GT(ErrorOf(scene, alone).rotation_deg, 5);
  options.search_if_poor = true;
  const AlignResult result = Solve(scene, options);
  EXPECT_TRUE(result.searched);
  EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
  EXPECT_DOUBLE_EQ(result.initial_cost, alone.initial_cost);
  EXPECT_GT(result.evaluations, alone.evaluations);
}

TEST(GlobalSearch, AStartWithAGoodFitIsNotSearched) {
  const AlignResult result = Solve(MakeScene(MakeMultiPart(1500), 2, 82, 12));
  EXPECT_FALSE(result.searched);
  EXPECT_TRUE(result.alternatives.empty());
  EXPECT_FALSE(result.ambiguous);
}

// Masks of a segmentation network are off all along: that is no local minimum.
TEST(GlobalSearch, PoorMasksAreNoReasonToSearch) {
  for (int seed = 0; seed < 4; ++seed) {
    Scene scene = MakeScene(MakeBumpyBlob(4000, 3), 2, 90 + seed, 8, 1, 480, 384);
    for (View& view : scene.views) {
      view.mask = ApplyNoise(view.mask, SegmentedNoise(0.8, seed), seed + 1);
    }
    const AlignResult result = Solve(scene);
    SCOPED_TRACE(seed);
    EXPECT_FALSE(result.searched);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 1);
  }
}

// On such masks each Gauss–Newton step is a fixed part of the one before; extrapolation ends it.
TEST(SolveLevel, PoorMasksTakeFewSteps) {
  int steps = 0;
  for (int seed = 0; seed < 4; ++seed) {
    Scene scene = MakeScene(MakeBumpyBlob(4000, 3), 2, 90 + seed, 3, 1, 640, 512);
    for (View& view : scene.views) {
      view.mask = ApplyNoise(view.mask, SegmentedNoise(1.5, seed), seed + 1);
    }
    AlignOptions options = Options();
    options.search_if_poor = false;
    options.robust = options.offset = Choice::kOff;
    int last = 0;
    double before = 0;
    const AlignResult result = Solve(scene, options, [&](const AlignIteration& iteration) {
      const bool at_last = iteration.level + 1 == iteration.num_levels;
      if (at_last && iteration.iteration > 0) {
        EXPECT_LE(iteration.cost, before);
        ++last;
      }
      before = iteration.cost;
      return true;
    });
    SCOPED_TRACE(seed);
    steps += last;
    options.final_step_px = 1e-9;
    options.final_cost_change = 1e-12;
    options.max_iterations_per_level = 300;
    const AlignResult exact = Solve(scene, options);
    EXPECT_LT(RotationAngle_rad(exact.rig_from_world.rotation, result.rig_from_world.rotation),
              2e-4);
  }
  EXPECT_LE(steps, 50);  // 107 without
}

TEST(GlobalSearch, TheCallbackSeesStagesAndAnswerAndCanStop) {
  const Scene scene = WithoutStart(MakeMultiPart(1500), 2, 340);
  // Stopped at the first stage, at the last, and at the descent that follows.
  for (const int reports : {1, 5, 6}) {
    SCOPED_TRACE(reports);
    std::vector<AlignIteration> seen;
    const AlignResult result = Solve(scene, Options(), [&](const AlignIteration& step) {
      seen.push_back(step);
      return static_cast<int>(seen.size()) < reports;
    });
    EXPECT_EQ(result.status, AlignStatus::kStopped);
    EXPECT_FALSE(result.IsUsable());
    ASSERT_EQ(static_cast<int>(seen.size()), reports);
    for (int i = 0; i < std::min(reports, 5); ++i) {
      EXPECT_EQ(seen[i].iteration, i + 1);
      EXPECT_FALSE(seen[i].accepted);
      EXPECT_GE(seen[i].candidates, 1);
      EXPECT_LE(seen[i].candidates, seen[std::max(0, i - 1)].candidates);
      const std::vector<SearchedPose>& told = seen[i].searched;
      ASSERT_GE(told.size(), 1u);
      EXPECT_LE(told.size(), std::min<size_t>(seen[i].candidates, 6));
      EXPECT_EQ(told[0].cost, seen[i].cost);
      EXPECT_EQ(told[0].rig_from_world.translation, seen[i].rig_from_world.translation);
      for (size_t k = 1; k < told.size(); ++k) {
        EXPECT_GE(told[k].cost, told[k - 1].cost);
        EXPECT_GE(
            RotationAngle_rad(told[k].rig_from_world.rotation, told[k - 1].rig_from_world.rotation),
            AlignIteration::kSearchedApart_rad);
      }
    }
    EXPECT_EQ(seen.back().candidates == 0, reports == 6);
    EXPECT_EQ(seen.back().level == seen.back().num_levels - 1, reports >= 5);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, reports >= 5 ? 0.5 : 180);
    const double cost = CostAt(scene, result.rig_from_world);
    EXPECT_NEAR(result.final_cost, cost, 1e-7 * (1 + cost));
  }
}

// Probes at random; a ball that holds 1/1152 (1/6000) of all rotations has a radius of 14.5 (8.4)
// degrees, so no grid can do better than that.
TEST(RotationGrid, CoversAllRotations) {
  for (const auto& [count, gap_deg] : {std::pair(1152, 22.0), std::pair(6000, 13.0)}) {
    const std::vector<Eigen::Quaterniond> grid = RotationGrid(count);
    ASSERT_EQ(grid.size(), static_cast<size_t>(count));
    for (const Eigen::Quaterniond& q : grid) EXPECT_NEAR(q.norm(), 1, 1e-12);
    Random random("grid", count);
    double worst = 0;
    for (int probe = 0; probe < 20000; ++probe) {
      const Eigen::Quaterniond q = random.Rotation();
      double nearest = 0;
      for (const Eigen::Quaterniond& node : grid)
        nearest = std::max(nearest, std::abs(q.dot(node)));
      worst = std::max(worst, 2 * std::acos(std::min(1.0, nearest)));
    }
    EXPECT_LT(worst * 180 / M_PI, gap_deg) << count;
  }
  EXPECT_EQ(RotationGrid(1).size(), 1u);
}

/// How far from the object's true centre, as a fraction of its distance; and how far beside it, as
/// a fraction of its radius.
std::pair<double, double> PositionError(const Scene& scene) {
  CpuRasterizer rasterizer(1);
  const PreparedScene prepared(scene, PrepareMeshes(scene), &rasterizer, 12, 2);
  const Rigid3d guess = PositionFromMasks(prepared);
  EXPECT_EQ(guess.rotation.coeffs(), Eigen::Quaterniond::Identity().coeffs());
  const Eigen::Vector3d truth = *scene.true_rig_from_world * prepared.center();
  const Eigen::Vector3d ray = truth.normalized();
  const Eigen::Vector3d error = guess.translation - truth;
  return {std::abs(error.dot(ray)) / truth.norm(),
          (error - error.dot(ray) * ray).norm() / prepared.radius()};
}

TEST(PositionFromMasks, IsNearTheObject) {
  for (const Shape& shape : ShapesWithoutSymmetry()) {
    for (int trial = 0; trial < 6; ++trial) {
      SCOPED_TRACE(std::string(shape.name) + " " + std::to_string(trial));
      const auto [deep, beside] = PositionError(WithoutStart(shape.mesh, 1, 370 + trial));
      EXPECT_LT(deep, 0.45);
      EXPECT_LT(beside, 0.4);
    }
  }
}

// A mask that shows nothing has no say.
TEST(PositionFromMasks, IgnoresEmptyMasks) {
  const Scene one = WithoutStart(MakeMultiPart(1500), 1, 380);
  Scene two = one;
  two.views.push_back(two.views[0]);
  two.views[1].name = "empty";
  two.views[1].mask = ImageF(two.views[0].mask.width, two.views[0].mask.height);
  two.views[1].cam_from_rig = Rigid3d(ExpRotation({0.3, 1, 0}), Eigen::Vector3d(5, 0, 1));
  EXPECT_EQ(PositionError(one), PositionError(two));
}

}  // namespace
}  // namespace ceres_align
