// The batched pipeline of stages, run on the host, against the CPU's rasterizer: the logic that a
// device runs, tested without one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "batch_testing.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/batch/self_test.h"

namespace ceres_align {
namespace {

using batch::EngineLimits;
using batch::HostExecutor;
using batch::MakeHostEngine;
using testing::ParityList;
using testing::Random;
using testing::SameBits;

std::unique_ptr<BatchRasterizer> MakeBatched(
    const ParityList& list, const EngineLimits& limits = {},
    HostExecutor::Order order = HostExecutor::Order::kForward) {
  auto rasterizer = std::make_unique<BatchRasterizer>(MakeHostEngine(limits, order), "host", 4);
  list.AddTo(rasterizer.get());
  return rasterizer;
}

std::vector<GramResult> Evaluate(Rasterizer* rasterizer, const std::vector<RasterJob>& jobs) {
  std::vector<GramResult> results;
  rasterizer->Evaluate(jobs, &results);
  return results;
}

void ExpectSameBits(const std::vector<GramResult>& a, const std::vector<GramResult>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_TRUE(SameBits(a[i], b[i])) << "job " << i;
}

TEST(BatchParity, ThousandJobsAgreeWithTheCpu) {
  const ParityList list(1200);
  CpuRasterizer cpu(1);
  list.AddTo(&cpu);
  const auto batched = MakeBatched(list);
  testing::ExpectParity(list, batched.get(), &cpu, 1e-9);
}

TEST(BatchParity, AnyOrderAndSizeOfBatchesGivesTheSameBits) {
  const ParityList list(220);
  const auto batched = MakeBatched(list);
  const std::vector<GramResult> expected = Evaluate(batched.get(), list.jobs);
  ExpectSameBits(Evaluate(batched.get(), list.jobs), expected);
  std::vector<size_t> order(list.jobs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random random("batch order", 0);
  for (int round = 0; round < 3; ++round) {
    for (size_t i = order.size(); i-- > 1;) {
      std::swap(order[i], order[static_cast<size_t>(random.Uniform(0, 1) * (i + 1))]);
    }
    std::vector<GramResult> back(order.size());
    for (size_t begin = 0; begin < order.size();) {
      const auto size = static_cast<size_t>(random.Uniform(1, round == 0 ? 4 : 60));
      const size_t end = std::min(order.size(), begin + size);
      std::vector<RasterJob> jobs;
      for (size_t i = begin; i < end; ++i) jobs.push_back(list.jobs[order[i]]);
      const std::vector<GramResult> results = Evaluate(batched.get(), jobs);
      for (size_t i = begin; i < end; ++i) back[order[i]] = results[i - begin];
      begin = end;
    }
    ExpectSameBits(back, expected);
  }
}

// No index of a stage depends on another's turn.
TEST(BatchParity, AnyOrderOfIndicesGivesTheSameBits) {
  const ParityList list(160);
  const std::vector<GramResult> expected = Evaluate(MakeBatched(list).get(), list.jobs);
  for (const auto order : {HostExecutor::Order::kBackward, HostExecutor::Order::kShuffled,
                           HostExecutor::Order::kThreads, HostExecutor::Order::kTeams}) {
    ExpectSameBits(Evaluate(MakeBatched(list, {}, order).get(), list.jobs), expected);
  }
}

// Counts what does not fit.
class CountingEngine : public batch::Engine {
 public:
  CountingEngine(const EngineLimits& limits, int* refused)
      : inner_(MakeHostEngine(limits, HostExecutor::Order::kForward)), refused_(refused) {}
  void SetMesh(int id, const batch::MeshView& mesh) override { inner_->SetMesh(id, mesh); }
  void SetTarget(int id, const TargetView& target) override { inner_->SetTarget(id, target); }
  void ClearMesh(int id) override { inner_->ClearMesh(id); }
  void ClearTarget(int id) override { inner_->ClearTarget(id); }
  bool Evaluate(const batch::Job* jobs, int32_t n, batch::JobSums* sums) override {
    return Count(inner_->Evaluate(jobs, n, sums));
  }
  bool Draw(const batch::Job* jobs, int32_t n, float* pixels) override {
    return Count(inner_->Draw(jobs, n, pixels));
  }
  bool DrawExactly(const batch::Job& job, double* pixels, double* jacobian) override {
    return Count(inner_->DrawExactly(job, pixels, jacobian));
  }

 private:
  bool Count(bool fits) {
    *refused_ += fits ? 0 : 1;
    return fits;
  }
  std::unique_ptr<batch::Engine> inner_;
  int* refused_;
};

TEST(BatchParity, BatchesThatDoNotFitAreSplit) {
  const ParityList list(200);
  const std::vector<GramResult> expected = Evaluate(MakeBatched(list).get(), list.jobs);
  std::vector<ImageF> expected_images;
  MakeBatched(list)->CoverageBatch(list.jobs, &expected_images);
  for (const int64_t megabytes : {100, 40}) {
    EngineLimits limits;
    limits.bytes = megabytes << 20;
    int refused = 0;
    BatchRasterizer split(std::make_unique<CountingEngine>(limits, &refused), "host", 4);
    list.AddTo(&split);
    ExpectSameBits(Evaluate(&split, list.jobs), expected);
    EXPECT_GT(refused, 0);
    refused = 0;
    std::vector<ImageF> images;
    split.CoverageBatch(list.jobs, &images);
    EXPECT_GT(refused, 0);
    for (size_t i = 0; i < images.size(); ++i) {
      ASSERT_EQ(images[i].pixels, expected_images[i].pixels) << "job " << i;
    }
  }
  EngineLimits none;
  none.bytes = 10000;
  EXPECT_THROW(Evaluate(MakeBatched(list, none).get(), list.jobs), InputError);
}

// Rows whose profiles do not fit into their room are swept by one index.
TEST(BatchParity, RowsWithoutRoomForProfilesGiveTheSameBits) {
  const ParityList list(200);
  const std::vector<GramResult> expected = Evaluate(MakeBatched(list).get(), list.jobs);
  EngineLimits limits;
  for (const int64_t steps : {0, 1, 7}) {
    limits.most_start_steps = steps;
    ExpectSameBits(Evaluate(MakeBatched(list, limits).get(), list.jobs), expected);
  }
}

TEST(BatchParity, SortingAndRankingGiveTheSameBits) {
  const ParityList list(200);
  std::vector<std::vector<GramResult>> results;
  for (const auto order : {HostExecutor::Order::kForward, HostExecutor::Order::kShuffled}) {
    for (const int64_t most : {int64_t{0}, int64_t{5}, INT64_MAX}) {
      EngineLimits limits;
      limits.most_ranked_at_once = most;
      results.push_back(Evaluate(MakeBatched(list, limits, order).get(), list.jobs));
    }
  }
  for (size_t i = 1; i < results.size(); ++i) ExpectSameBits(results[i], results[0]);
}

// The CPU compares pairs of a pixel's fragments, the batch sweeps them: they round differently.
template <typename Number>
double LargestDifference(const std::vector<Number>& a, const std::vector<Number>& b) {
  if (a.size() != b.size()) return INFINITY;
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(d <= largest)) largest = d;
  }
  return largest;
}

TEST(BatchParity, ImagesAreTheCpus) {
  const ParityList list(120);
  CpuRasterizer cpu(1);
  list.AddTo(&cpu);
  EngineLimits small;
  small.bytes = int64_t{30} << 20;
  double worst = 0, worst_jacobian = 0;
  for (const EngineLimits& limits : {EngineLimits{}, small}) {
    const auto batched = MakeBatched(list, limits);
    for (size_t i = 0; i < list.jobs.size(); i += 3) {
      std::vector<double> jacobian, expected_jacobian;
      const Image<double> image = batched->Coverage(list.jobs[i], &jacobian);
      const Image<double> expected = cpu.Coverage(list.jobs[i], &expected_jacobian);
      double largest = 1;
      for (double d : expected_jacobian) largest = std::max(largest, std::abs(d));
      worst = std::max(worst, LargestDifference(image.pixels, expected.pixels));
      worst_jacobian =
          std::max(worst_jacobian, LargestDifference(jacobian, expected_jacobian) / largest);
      EXPECT_LE(LargestDifference(image.pixels, expected.pixels), 1e-12) << "job " << i;
      EXPECT_LE(LargestDifference(jacobian, expected_jacobian), 1e-9 * largest) << "job " << i;
      EXPECT_EQ(batched->Coverage(list.jobs[i], nullptr).pixels, image.pixels);
    }
    std::vector<ImageF> images, expected_images;
    batched->CoverageBatch(list.jobs, &images);
    cpu.CoverageBatch(list.jobs, &expected_images);
    ASSERT_EQ(images.size(), expected_images.size());
    for (size_t i = 0; i < images.size(); ++i) {
      EXPECT_LE(LargestDifference(images[i].pixels, expected_images[i].pixels), 1e-7)
          << "job " << i;
    }
  }
  std::printf("  worst pixel %.1e, worst derivative %.1e\n", worst, worst_jacobian);
}

TEST(BatchParity, ADifferenceIsFoundAndItsPixelNamed) {
  const ParityList list(40);
  CpuRasterizer cpu(1), moved(1);
  list.AddTo(&cpu);
  list.AddTo(&moved);
  GramResult a = Evaluate(&cpu, list.jobs)[0], b = a;
  const Camera& camera = list.jobs[0].camera;
  EXPECT_EQ(testing::Difference(a, b, camera), 0);
  b.gram[10] += 1e-8 * std::sqrt(a.gram[8] * a.gram[24]);
  EXPECT_GT(testing::Difference(a, b, camera), 9e-9);
  b = a;
  b.gram[3] = NAN;
  EXPECT_EQ(testing::Difference(a, b, camera), INFINITY);
  b = a;
  ++b.boundary_pixels;
  EXPECT_EQ(testing::Difference(a, b, camera), INFINITY);
  EXPECT_EQ(testing::FirstDifferentPixel(&cpu, &moved, list.jobs[0], 1e-12), "");
  // The same ids, other meshes.
  moved.ReleaseMesh(0);
  moved.AddMesh(list.prepared[1]);
  const std::string found = testing::FirstDifferentPixel(&cpu, &moved, list.jobs[0], 1e-12);
  EXPECT_NE(found.find("pixel ("), std::string::npos) << found;
}

// Off by 1e-8 in one entry of one job, from the second call on.
class SlightlyWrongEngine : public CountingEngine {
 public:
  using CountingEngine::CountingEngine;
  bool Evaluate(const batch::Job* jobs, int32_t n, batch::JobSums* sums) override {
    const bool fits = CountingEngine::Evaluate(jobs, n, sums);
    if (++calls_ > 1) sums[n / 2].entry[0] *= 1 + 1e-8;
    return fits;
  }

 private:
  int calls_ = 0;
};

TEST(BatchParity, TheSelfTestTrustsOnlyWhatAgrees) {
  BatchRasterizer good(MakeHostEngine({}, HostExecutor::Order::kForward), "host", 2);
  EXPECT_EQ(WhyNotTrusted(&good), "");
  int refused = 0;
  BatchRasterizer wrong(std::make_unique<SlightlyWrongEngine>(EngineLimits{}, &refused), "host", 2);
  EXPECT_EQ(WhyNotTrusted(&wrong), "its results are not the CPU's");
  // It leaves nothing behind.
  EXPECT_EQ(wrong.AddMesh(std::make_shared<ContourMesh>(MakeCube())), 0);
}

struct AllFragments {
  std::vector<Fragment> fragments;
  std::vector<int> left_rows;
  void operator()(const Fragment& f) { fragments.push_back(f); }
  void operator()(int begin, int end) {
    for (int r = begin; r < end; ++r) left_rows.push_back(r);
  }
};

// As the batch does it: every row and every column on its own.
AllFragments PieceByPiece(const ImageEdge& edge, const ViewGeometry& view) {
  AllFragments all;
  const EdgeRows rows = RowsOf(edge, view.height_px);
  all(rows.left_begin, rows.left_end);
  for (int row = rows.first; row <= rows.last; ++row) {
    if (rows.IsLeft(row) || row % view.window != view.window / 2) continue;
    const RowPiece piece = PieceInRow(edge, row);
    if (!(piece.yb > piece.ya)) continue;
    const ColumnRange columns = ColumnsOf(piece, view.width_px);
    std::vector<Fragment> in_row;
    for (int c = columns.first; c <= columns.last; ++c) {
      Fragment f;
      if (FragmentInColumn(edge, 7, row, view.width_px, piece, c, &f)) in_row.push_back(f);
    }
    if (!(piece.xb > piece.xa)) std::reverse(in_row.begin(), in_row.end());
    all.fragments.insert(all.fragments.end(), in_row.begin(), in_row.end());
  }
  return all;
}

bool SameFragment(const Fragment& a, const Fragment& b) {
  return a.xa == b.xa && a.xb == b.xb && a.ya == b.ya && a.yb == b.yb && a.slope == b.slope &&
         a.edge == b.edge && a.multiplicity == b.multiplicity && a.row == b.row &&
         a.column == b.column && a.touch == b.touch;
}

// Steep, flat, short, long, through corners of pixels, beside and across the frame.
TEST(BatchParity, EveryColumnAloneIsWhatTheSplitEdgeHas) {
  Random random("columns", 0);
  ViewGeometry view{};
  size_t count = 0, left = 0;
  for (int i = 0; i < 40000; ++i) {
    view.width_px = 4 + i % 60;
    view.height_px = 3 + i % 41;
    view.window = i % 4 == 0 ? 3 : 1;
    const double reach = i % 3 == 0 ? 2 : i % 3 == 1 ? 40 : 300;
    double p[4] = {random.Uniform(-20, 70), random.Uniform(-10, 50), 0, 0};
    p[2] = p[0] + random.Uniform(-reach, reach);
    p[3] = p[1] + random.Uniform(-reach, reach) * (i % 5 == 0 ? 1e-9 : 1);
    if (i % 7 == 0) {
      for (double& x : p) x = std::round(x);
    }
    ImageEdge edge;
    bool swapped;
    if (!OrderImageEdge(view, p[0], p[1], p[2], p[3], 1, &edge, &swapped)) continue;
    AllFragments expected;
    SplitEdge(edge, 7, view, expected, expected);
    const AllFragments got = PieceByPiece(edge, view);
    ASSERT_EQ(got.left_rows, expected.left_rows) << i;
    ASSERT_EQ(got.fragments.size(), expected.fragments.size()) << i;
    for (size_t k = 0; k < got.fragments.size(); ++k) {
      ASSERT_TRUE(SameFragment(got.fragments[k], expected.fragments[k])) << i << ", " << k;
    }
    count += got.fragments.size();
    left += got.left_rows.size();
  }
  EXPECT_GT(count, 100000u);
  EXPECT_GT(left, 1000u);
}

TEST(BatchParity, IdsAreReleasedAndReused) {
  const ParityList list(40);
  const auto batched = MakeBatched(list);
  const std::vector<GramResult> expected = Evaluate(batched.get(), list.jobs);
  batched->ReleaseMesh(2);
  batched->ReleaseTarget(3);
  EXPECT_EQ(batched->AddMesh(list.prepared[2]), 2);
  EXPECT_EQ(batched->AddTarget(list.targets[3]), 3);
  ExpectSameBits(Evaluate(batched.get(), list.jobs), expected);
  std::vector<GramResult> results(5);
  batched->Evaluate({}, &results);
  EXPECT_TRUE(results.empty());
}

// Counts what is taken to where the stages run.
class UploadsEngine : public CountingEngine {
 public:
  using CountingEngine::CountingEngine;
  void SetMesh(int id, const batch::MeshView& mesh) override {
    ++uploads;
    if (uploads == fails_at) throw InputError("no memory");
    CountingEngine::SetMesh(id, mesh);
  }
  void ClearMesh(int id) override {
    ++cleared;
    CountingEngine::ClearMesh(id);
  }
  int uploads = 0, cleared = 0, fails_at = -1;
};

TEST(BatchParity, AMeshThatIsKeptStaysWithTheEngine) {
  int refused = 0;
  auto engine = std::make_unique<UploadsEngine>(EngineLimits{}, &refused);
  UploadsEngine* const counts = engine.get();
  BatchRasterizer batched(std::move(engine), "host", 2);
  auto kept = std::make_shared<const ContourMesh>(MakeCube());
  for (int i = 0; i < 3; ++i) {
    const MeshId a = batched.AddMesh(kept), b = batched.AddMesh(kept);
    EXPECT_NE(a, b);
    batched.ReleaseMesh(a);
    batched.ReleaseMesh(b);
  }
  EXPECT_EQ(counts->uploads, 1);
  EXPECT_EQ(counts->cleared, 0);
  // One that nobody keeps goes with its last user.
  batched.ReleaseMesh(batched.AddMesh(std::make_shared<const ContourMesh>(MakeCube(3))));
  EXPECT_EQ(counts->uploads, 2);
  EXPECT_EQ(counts->cleared, 1);
  // What is not in use makes room for what is.
  counts->fails_at = 3;
  const MeshId last = batched.AddMesh(std::make_shared<const ContourMesh>(MakeCube(4)));
  EXPECT_EQ(counts->uploads, 4);
  EXPECT_EQ(counts->cleared, 2);
  batched.ReleaseMesh(last);
}

using BatchDeathTest = ::testing::Test;
TEST(BatchDeathTest, WrongIdsAndSizesDie) {
  const ParityList list(2);
  const auto batched = MakeBatched(list);
  RasterJob job = list.jobs[0];
  job.mesh = 99;
  EXPECT_DEATH(Evaluate(batched.get(), {job}), "id 99");
  job = list.jobs[0];
  job.target = -1;
  EXPECT_DEATH(Evaluate(batched.get(), {job}), "id -1");
  job = list.jobs[0];
  job.camera.width_px += 1;
  EXPECT_DEATH(Evaluate(batched.get(), {job}), "width_px");
}

}  // namespace
}  // namespace ceres_align
