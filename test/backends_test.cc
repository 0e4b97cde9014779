// The choice of a backend: what it is and why. Passes with and without a CUDA device: each
// machine tests its own case.
#include "ceres_align/backends/backends.h"

#include <gtest/gtest.h>

#include "batch_testing.h"
#include "ceres_align/backends/fallback_rasterizer.h"
#include "ceres_align/base/error.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/render/resident.h"
#include "cli_testing.h"

namespace ceres_align {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Backends, TheCpuAsAskedFor) {
  std::string why;
  const auto rasterizer = MakeRasterizer({"cpu", 1}, &why);
  EXPECT_EQ(rasterizer->name(), "cpu");
  EXPECT_EQ(why, "cpu, as asked for");
}

TEST(Backends, AutoSaysWhatItTookAndWhy) {
  const std::string reason = WhyNotCuda();
  std::string why;
  const auto rasterizer = MakeRasterizer({"auto", 1}, &why);
  if (reason.empty()) {
    EXPECT_EQ(rasterizer->name(), "cuda");
    EXPECT_TRUE(Contains(why, "cuda: ") && Contains(why, "compute capability")) << why;
  } else {
    EXPECT_EQ(rasterizer->name(), "cpu");
    EXPECT_EQ(why, "cpu: " + reason);
    EXPECT_EQ(why.find('\n'), std::string::npos);
  }
}

TEST(Backends, CudaWorksOrSaysWhatIsMissing) {
  const std::string reason = WhyNotCuda();
  if (reason.empty()) {
    EXPECT_EQ(MakeRasterizer({"cuda", 0}, nullptr)->name(), "cuda");
    return;
  }
  try {
    MakeRasterizer({"cuda", 0}, nullptr);
    FAIL() << "it has worked";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()), "backend is 'cuda', but " + reason + "; use cpu or auto");
  }
}

TEST(Backends, BadOptionsAreNamed) {
  EXPECT_THROW(MakeRasterizer({"gpu", 0}, nullptr), InputError);
  EXPECT_THROW(MakeRasterizer({"auto", -1}, nullptr), InputError);
}

// A batched rasterizer on the host with little memory, and the CPU for what that cannot hold.
class FallbackTest : public ::testing::Test {
 protected:
  std::unique_ptr<FallbackRasterizer> Make(int64_t bytes) {
    batch::EngineLimits limits;
    limits.bytes = bytes;
    auto first = std::make_unique<BatchRasterizer>(
        batch::MakeHostEngine(limits, batch::HostExecutor::Order::kForward), "small", 2);
    return std::make_unique<FallbackRasterizer>(
        std::move(first),
        [this] {
          ++seconds_made_;
          return std::make_unique<CpuRasterizer>(1);
        },
        [this](const std::string& why) { reasons_.push_back(why); });
  }
  // Many more ids than are in use, so that those of the two differ.
  std::vector<GramResult> Evaluate(Rasterizer* rasterizer, int width, int height) {
    std::vector<ResidentMesh> meshes;
    for (const double side : {1.0, 3.0, 2.0}) {
      meshes.emplace_back(rasterizer, std::make_shared<const ContourMesh>(MakeCube(side)));
    }
    meshes.erase(meshes.begin() + 1);
    ImageF mask(width, height);
    for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = i % 5 == 0 ? 1.0f : 0.0f;
    const ResidentTarget target(rasterizer, std::make_shared<const Target>(mask, ImageF()));
    RasterJob job;
    job.mesh = meshes.back().id();
    job.target = target.id();
    job.camera = testing::TestCamera(width, height);
    job.cam_from_object.translation.z() = 6;
    std::vector<GramResult> results;
    rasterizer->Evaluate({job}, &results);
    EXPECT_EQ(rasterizer->MeshCenter(job.mesh), Eigen::Vector3d::Zero());
    std::vector<ImageF> images;
    rasterizer->CoverageBatch({job}, &images);
    EXPECT_EQ(images[0].width, width);
    // What comes later has numbers too.
    const ResidentMesh late(rasterizer, std::make_shared<const ContourMesh>(MakeCube(2)));
    job.mesh = late.id();
    std::vector<GramResult> again;
    rasterizer->Evaluate({job}, &again);
    EXPECT_TRUE(testing::SameBits(again[0], results[0]));
    return results;
  }
  int seconds_made_ = 0;
  std::vector<std::string> reasons_;
};

TEST_F(FallbackTest, WhatFitsStaysWithTheFirst) {
  const auto rasterizer = Make(int64_t{64} << 20);
  Evaluate(rasterizer.get(), 40, 30);
  EXPECT_EQ(rasterizer->name(), "small");
  EXPECT_EQ(seconds_made_, 0);
}

TEST_F(FallbackTest, WhatDoesNotFitGoesOnWithTheSecond) {
  const auto rasterizer = Make(200'000);
  CpuRasterizer cpu(1);
  const std::vector<GramResult> expected = Evaluate(&cpu, 400, 300);
  for (int i = 0; i < 3; ++i) {
    const std::vector<GramResult> results = Evaluate(rasterizer.get(), 400, 300);
    EXPECT_TRUE(testing::SameBits(results[0], expected[0]));
  }
  EXPECT_EQ(rasterizer->name(), "cpu");
  EXPECT_EQ(seconds_made_, 1);
  ASSERT_EQ(reasons_.size(), 1u);
  EXPECT_TRUE(Contains(reasons_[0], "does not fit in the device's memory")) << reasons_[0];
}

TEST_F(FallbackTest, BodiesOfForEachGoOnToo) {
  const auto rasterizer = Make(200'000);
  CpuRasterizer cpu(1);
  const std::vector<GramResult> expected = Evaluate(&cpu, 400, 300);
  std::vector<int> same(6, 0);
  rasterizer->ForEach(same.size(), [&](size_t i) {
    same[i] = testing::SameBits(Evaluate(rasterizer.get(), 400, 300)[0], expected[0]) ? 1 : 0;
  });
  EXPECT_EQ(same, std::vector<int>(6, 1));
  EXPECT_EQ(seconds_made_, 1);
}

class BackendsCliTest : public testing::CliTest {};

TEST_F(BackendsCliTest, CudaWithoutADeviceIsBadInput) {
  const std::string reason = WhyNotCuda();
  if (reason.empty()) GTEST_SKIP() << "this machine has a CUDA device";
  ExpectBadInput("--backend cuda", reason);
}

}  // namespace
}  // namespace ceres_align
