// Meshes and targets come and go while other threads evaluate.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "batch_testing.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/render/resident.h"

namespace ceres_align {
namespace {

using testing::ParityList;
using testing::SameBits;

std::unique_ptr<Rasterizer> Make(const std::string& name) {
  if (name == "cpu") return std::make_unique<CpuRasterizer>(2);
  return std::make_unique<BatchRasterizer>(
      batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), name, 4);
}

class Registration : public ::testing::TestWithParam<const char*> {};

std::vector<GramResult> ResultsOfEach(const ParityList& list, Rasterizer* rasterizer) {
  std::vector<GramResult> results;
  list.AddTo(rasterizer);
  rasterizer->Evaluate(list.jobs, &results);
  return results;
}

// Each thread registers what its job needs, evaluates and releases, again and again; ids pass from
// thread to thread. A thread beside them evaluates what stays.
TEST_P(Registration, ThreadsRegisterEvaluateAndRelease) {
  const ParityList list(24);
  const std::unique_ptr<Rasterizer> rasterizer = Make(GetParam());
  const std::vector<GramResult> expected = ResultsOfEach(list, Make(GetParam()).get());
  const ResidentMesh mesh(rasterizer.get(), list.prepared[0]);
  const ResidentTarget target(rasterizer.get(), list.targets[0]);
  RasterJob steady = list.jobs[0];
  steady.mesh = mesh.id();
  steady.target = target.id();
  std::atomic<int> wrong{0};
  std::atomic<bool> done{false};
  std::thread beside([&] {
    std::vector<GramResult> results;
    while (!done) {
      rasterizer->Evaluate({steady, steady}, &results);
      wrong += SameBits(results[0], expected[0]) && SameBits(results[1], expected[0]) ? 0 : 1;
    }
  });
  constexpr int kThreads = 4, kRounds = 60;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::vector<GramResult> results;
      for (int round = 0; round < kRounds; ++round) {
        const size_t i = (5 * t + 7 * round) % list.jobs.size();
        const ResidentMesh own_mesh(rasterizer.get(), list.prepared[list.jobs[i].mesh]);
        const ResidentTarget own_target(rasterizer.get(), list.targets[list.jobs[i].target]);
        RasterJob job = list.jobs[i];
        job.mesh = own_mesh.id();
        job.target = own_target.id();
        rasterizer->Evaluate({job}, &results);
        wrong += SameBits(results[0], expected[i]) ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  beside.join();
  EXPECT_EQ(wrong, 0);
  // All ids but the two that stay are free again.
  EXPECT_EQ(rasterizer->AddMesh(list.prepared[1]), 1);
  EXPECT_EQ(rasterizer->AddTarget(list.targets[1]), 1);
}

TEST_P(Registration, WhatThrowsLeavesNothingRegistered) {
  const ParityList list(1);
  const std::unique_ptr<Rasterizer> rasterizer = Make(GetParam());
  const auto mesh = std::make_shared<const ContourMesh>(list.meshes[0]);
  const long owners = mesh.use_count();
  try {
    std::vector<ResidentMesh> meshes;
    for (int i = 0; i < 5; ++i) meshes.emplace_back(rasterizer.get(), mesh);
    const ResidentTarget target(rasterizer.get(), list.targets[0]);
    throw std::runtime_error("in between");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(mesh.use_count(), owners);
  EXPECT_EQ(rasterizer->AddMesh(mesh), 0);
  EXPECT_EQ(rasterizer->AddTarget(list.targets[0]), 0);
}

TEST_P(Registration, HandlesMove) {
  const ParityList list(1);
  const std::unique_ptr<Rasterizer> rasterizer = Make(GetParam());
  ResidentMesh a(rasterizer.get(), list.prepared[0]), b(rasterizer.get(), list.prepared[1]);
  EXPECT_EQ(a.id(), 0);
  EXPECT_EQ(b.id(), 1);
  a = std::move(b);  // releases 0
  EXPECT_EQ(a.id(), 1);
  EXPECT_EQ(a.item(), list.prepared[1]);
  const ResidentMesh c(std::move(a));
  EXPECT_EQ(c.id(), 1);
  EXPECT_EQ(rasterizer->AddMesh(list.prepared[2]), 0);
  EXPECT_EQ(rasterizer->AddMesh(list.prepared[2]), 2);
  const ResidentMesh none;
  EXPECT_TRUE(none.empty());
}

INSTANTIATE_TEST_SUITE_P(Rasterizers, Registration, ::testing::Values("cpu", "host"));

}  // namespace
}  // namespace ceres_align
