// Evaluations of several threads that meet in one batch: who meets whom does not matter.
#include "ceres_align/batch/batch_joiner.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "batch_testing.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"

namespace ceres_align {
namespace {

using batch::HostExecutor;
using batch::MakeHostEngine;
using Joiner = batch::BatchJoiner<int, int>;
using std::chrono::microseconds;
using testing::ParityList;
using testing::SameBits;

constexpr microseconds kLong{60'000'000}, kNone{0};

// Squares, and how many jobs each batch had. One batch at a time is part of the promise.
struct Squarer {
  std::vector<size_t> sizes;
  std::atomic<int> running{0};
  bool overlapped = false;
  void operator()(const std::vector<int>& jobs, std::vector<int>* results) {
    overlapped = overlapped || ++running > 1;
    sizes.push_back(jobs.size());
    results->clear();
    for (int job : jobs) results->push_back(job * job);
    --running;
  }
};

// Thread t asks `rounds` times for a few numbers of its own and checks what it gets.
void AskInRounds(Joiner* joiner, int t, int rounds, bool enters, std::atomic<int>* wrong) {
  if (enters) joiner->Enter();
  for (int round = 0; round < rounds; ++round) {
    std::vector<int> jobs, results = {7, 7, 7, 7, 7};
    for (int i = 0; i <= (t + round) % 3; ++i) jobs.push_back(100 * t + 10 * round + i);
    joiner->Ask(jobs, enters, &results);
    *wrong += results.size() == jobs.size() ? 0 : 1;
    for (size_t i = 0; i < jobs.size(); ++i) *wrong += results[i] == jobs[i] * jobs[i] ? 0 : 1;
  }
  if (enters) joiner->Leave();
}

TEST(BatchJoiner, EveryoneGetsTheirOwnResults) {
  for (const bool enters : {true, false}) {
    for (const microseconds patience : {kNone, microseconds{200}}) {
      Squarer squarer;
      Joiner joiner(std::ref(squarer), patience);
      std::atomic<int> wrong{0};
      std::vector<std::thread> threads;
      threads.reserve(8);
      for (int t = 0; t < 8; ++t) {
        threads.emplace_back(AskInRounds, &joiner, t, 200, enters, &wrong);
      }
      for (std::thread& t : threads) t.join();
      EXPECT_EQ(wrong, 0);
      EXPECT_FALSE(squarer.overlapped);
      EXPECT_EQ(joiner.num_batches(), squarer.sizes.size());
      EXPECT_LE(squarer.sizes.size(), 8u * 200u);
    }
  }
}

// With all the patience in the world, a batch has everyone who has entered.
TEST(BatchJoiner, WaitsForAllWhoHaveEntered) {
  Squarer squarer;
  Joiner joiner(std::ref(squarer), kLong);
  constexpr int kThreads = 5, kRounds = 20;
  for (int t = 0; t < kThreads; ++t) joiner.Enter();
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&joiner, t] {
      std::vector<int> results;
      // Later threads have more rounds: the batches shrink as threads leave.
      for (int round = 0; round < kRounds + t; ++round) joiner.Ask({t}, true, &results);
      joiner.Leave();
    });
  }
  for (std::thread& t : threads) t.join();
  std::vector<size_t> expected(kRounds, kThreads);
  for (int left = kThreads - 1; left > 0; --left) expected.push_back(left);
  EXPECT_EQ(squarer.sizes, expected);
}

TEST(BatchJoiner, OneWhoDoesNotAskIsNotWaitedForLong) {
  Squarer squarer;
  Joiner joiner(std::ref(squarer), microseconds{500});
  joiner.Enter();  // and never asks
  joiner.Enter();
  std::vector<int> results;
  joiner.Ask({3}, true, &results);
  EXPECT_EQ(results, std::vector<int>{9});
  joiner.Ask({4}, false, &results);
  EXPECT_EQ(results, std::vector<int>{16});
  joiner.Leave();
  joiner.Leave();
}

TEST(BatchJoiner, AnErrorReachesAllOfTheBatchAndPasses) {
  bool fails = true;
  Joiner joiner(
      [&fails](const std::vector<int>& jobs, std::vector<int>* results) {
        if (fails) throw std::runtime_error("device lost");
        *results = jobs;
      },
      kLong);
  std::atomic<int> caught{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 3; ++t) joiner.Enter();
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&joiner, &caught] {
      std::vector<int> results;
      try {
        joiner.Ask({1}, true, &results);
      } catch (const std::runtime_error& error) {
        caught += std::string(error.what()) == "device lost" ? 1 : 0;
      }
      joiner.Leave();
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(caught, 3);
  fails = false;
  std::vector<int> results;
  joiner.Ask({5}, false, &results);
  EXPECT_EQ(results, std::vector<int>{5});
}

// Bodies of ForEach, each a solver of its own, and a thread beside them.
TEST(BatchJoiner, BodiesOfForEachGetTheBitsOfOneByOne) {
  const ParityList list(48);
  BatchRasterizer rasterizer(MakeHostEngine({}, HostExecutor::Order::kForward), "host", 8);
  list.AddTo(&rasterizer);
  std::vector<GramResult> expected;
  rasterizer.Evaluate(list.jobs, &expected);
  const size_t before = rasterizer.num_batches();
  constexpr size_t kBodies = 12, kRounds = 8;
  std::vector<GramResult> got(kBodies * kRounds * 2);
  const auto job_of = [&](size_t body, size_t round, size_t k) {
    return (5 * body + 7 * round + 11 * k) % list.jobs.size();
  };
  rasterizer.ForEach(kBodies, [&](size_t body) {
    for (size_t round = 0; round < kRounds; ++round) {
      std::vector<GramResult> results;
      rasterizer.Evaluate({list.jobs[job_of(body, round, 0)], list.jobs[job_of(body, round, 1)]},
                          &results);
      // A loop inside a body stays on its thread and may evaluate too.
      rasterizer.ForEach(2, [&](size_t k) { got[(body * kRounds + round) * 2 + k] = results[k]; });
    }
  });
  for (size_t body = 0; body < kBodies; ++body) {
    for (size_t round = 0; round < kRounds; ++round) {
      for (size_t k = 0; k < 2; ++k) {
        EXPECT_TRUE(
            SameBits(got[(body * kRounds + round) * 2 + k], expected[job_of(body, round, k)]));
      }
    }
  }
  EXPECT_LE(rasterizer.num_batches() - before, kBodies * kRounds);
}

TEST(BatchJoiner, AnErrorInABodyLeavesForEach) {
  BatchRasterizer rasterizer(MakeHostEngine({}, HostExecutor::Order::kForward), "host", 4);
  EXPECT_THROW(rasterizer.ForEach(6,
                                  [](size_t i) {
                                    if (i == 3) throw std::runtime_error("body");
                                  }),
               std::runtime_error);
  const ParityList list(4);
  list.AddTo(&rasterizer);
  std::vector<GramResult> results;
  rasterizer.Evaluate(list.jobs, &results);  // nobody is left inside
  EXPECT_EQ(results.size(), 4u);
}

}  // namespace
}  // namespace ceres_align
