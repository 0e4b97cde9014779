// The CUDA rasterizer against the CPU's and against the same pipeline on the host. What needs a
// device is skipped, visibly, where there is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "batch_testing.h"
#include "ceres_align/base/error.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "cuda/cuda_engine.h"
#include "cuda/device_memory.h"

namespace ceres_align {
namespace {

using testing::ParityList;
using testing::SameBits;

#define SKIP_WITHOUT_DEVICE() \
  if (!WhyNoCudaDevice().empty()) GTEST_SKIP() << "no usable CUDA device: " << WhyNoCudaDevice()

std::unique_ptr<BatchRasterizer> MakeCuda(const ParityList& list,
                                          const CudaEngineOptions& options = {}) {
  auto rasterizer = std::make_unique<BatchRasterizer>(MakeCudaEngine(options), "cuda", 16);
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

TEST(CudaRasterizer, ThousandJobsAgreeWithTheCpu) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(1200);
  CpuRasterizer cpu;
  list.AddTo(&cpu);
  testing::ExpectParity(list, MakeCuda(list).get(), &cpu, 1e-9);
}

// Both run the same functions without fused multiply-add, in the same order of sums.
TEST(CudaRasterizer, GivesTheBitsOfThePipelineOnTheHost) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(200);
  BatchRasterizer host(batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), "host", 4);
  list.AddTo(&host);
  ExpectSameBits(Evaluate(MakeCuda(list).get(), list.jobs), Evaluate(&host, list.jobs));
}

TEST(CudaRasterizer, SameBitsFromRunToRunAndForAnyBatch) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(300);
  const auto cuda = MakeCuda(list);
  const std::vector<GramResult> expected = Evaluate(cuda.get(), list.jobs);
  for (int run = 0; run < 20; ++run) ExpectSameBits(Evaluate(cuda.get(), list.jobs), expected);
  std::vector<RasterJob> reversed(list.jobs.rbegin(), list.jobs.rend());
  std::vector<GramResult> back = Evaluate(cuda.get(), reversed);
  std::reverse(back.begin(), back.end());
  ExpectSameBits(back, expected);
  for (const size_t size : {1, 7, 64}) {
    ExpectSameBits(testing::EvaluateInBatches(cuda.get(), list.jobs, size), expected);
  }
}

TEST(CudaRasterizer, GraphsRoomAndMemoryDoNotChangeTheBits) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(200);
  const std::vector<GramResult> expected = Evaluate(MakeCuda(list).get(), list.jobs);
  CudaEngineOptions options;
  options.use_graphs = false;
  ExpectSameBits(Evaluate(MakeCuda(list, options).get(), list.jobs), expected);
  for (const int64_t most : {int64_t{0}, int64_t{5}, INT64_MAX}) {
    options.limits.most_ranked_at_once = most;
    ExpectSameBits(Evaluate(MakeCuda(list, options).get(), list.jobs), expected);
  }
  options.limits.most_start_steps = 1;
  ExpectSameBits(Evaluate(MakeCuda(list, options).get(), list.jobs), expected);
  options.limits.bytes = int64_t{100} << 20;
  ExpectSameBits(Evaluate(MakeCuda(list, options).get(), list.jobs), expected);
  options.limits.bytes = 10000;
  EXPECT_THROW(Evaluate(MakeCuda(list, options).get(), list.jobs), InputError);
}

TEST(CudaRasterizer, ImagesAreTheCpus) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(120);
  CpuRasterizer cpu(1);
  list.AddTo(&cpu);
  const auto cuda = MakeCuda(list);
  for (size_t i = 0; i < list.jobs.size(); i += 3) {
    EXPECT_EQ(testing::FirstDifferentPixel(cuda.get(), &cpu, list.jobs[i], 1e-12), "")
        << "job " << i;
  }
  std::vector<ImageF> images, expected;
  cuda->CoverageBatch(list.jobs, &images);
  cpu.CoverageBatch(list.jobs, &expected);
  testing::ExpectSameImages(images, expected);
}

TEST(CudaRasterizer, BodiesOfForEachGetTheBitsOfOneByOne) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(64);
  const auto cuda = MakeCuda(list);
  const std::vector<GramResult> expected = Evaluate(cuda.get(), list.jobs);
  std::vector<GramResult> got(list.jobs.size());
  for (int round = 0; round < 10; ++round) {
    cuda->ForEach(list.jobs.size(), [&](size_t i) {
      std::vector<GramResult> one;
      cuda->Evaluate({list.jobs[i]}, &one);
      got[i] = one[0];
    });
    ExpectSameBits(got, expected);
  }
}

// The process's memory, in kB.
long ResidentKilobytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    long kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes;
  }
  return 0;
}

size_t FreeDeviceBytes() {
  size_t free_bytes = 0, total_bytes = 0;
  CERES_ALIGN_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
  return free_bytes;
}

TEST(CudaRasterizer, TenThousandEvaluationsDoNotGrow) {
  SKIP_WITHOUT_DEVICE();
  const ParityList list(60);
  const auto cuda = MakeCuda(list);
  const auto evaluate = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const size_t at = i % 50;
      Evaluate(cuda.get(), {list.jobs[at], list.jobs[at + 1 + i % 9]});
    }
  };
  evaluate(1000);
  const long host_before = ResidentKilobytes();
  const size_t device_before = FreeDeviceBytes();
  evaluate(10000);
  EXPECT_LE(ResidentKilobytes(), host_before + 4096);
  EXPECT_GE(FreeDeviceBytes() + (size_t{2} << 20), device_before);
}

TEST(CudaMemory, GrowsAndSaysWhereThereIsNoMore) {
  SKIP_WITHOUT_DEVICE();
  DeviceMemory memory;
  memory.Reserve(1000);
  void* const data = memory.data();
  memory.Reserve(10);
  EXPECT_EQ(memory.data(), data);
  EXPECT_GE(memory.capacity_bytes(), 1000u);
  EXPECT_FALSE(memory.TryReserve(size_t{1} << 50));
  EXPECT_EQ(memory.capacity_bytes(), 0u);
  EXPECT_THROW(memory.Reserve(size_t{1} << 50), CudaError);
  memory.Reserve(100);  // the failure has left nothing behind
  CERES_ALIGN_CUDA_CHECK(cudaMemset(memory.data(), 0, 100));
}

TEST(CudaErrors, WithoutADeviceTheMessageSaysSo) {
  const std::string reason = WhyNoCudaDevice();
  if (reason.empty()) GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_EQ(CudaDeviceCount(), 0);
  EXPECT_EQ(reason.find('\n'), std::string::npos);
  try {
    MakeCudaEngine({});
    FAIL() << "it has worked without a device";
  } catch (const CudaError& error) {
    EXPECT_NE(error.code(), cudaSuccess);
    EXPECT_EQ(std::string(error.what()).rfind("CUDA: ", 0), 0u) << error.what();
  }
  EXPECT_THROW(DescribeCudaDevice(), CudaError);
  DeviceMemory memory;
  EXPECT_THROW(memory.Reserve(100), CudaError);
}

}  // namespace
}  // namespace ceres_align
