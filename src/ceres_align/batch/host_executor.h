// The pipeline's stages on the host, index by index: what a device does, without one. It
// shows in tests that the stages are right and that no index depends on another's turn; as a
// rasterizer, CpuRasterizer is the fast one.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/batch/engine.h"
#include "ceres_align/batch/host_block.h"

namespace ceres_align::batch {

class HostExecutor {
 public:
  /// The order in which blocks run; backward: a block's threads too. kThreads: four of the host's
  /// take every fourth block. kTeams: two share each block's threads.
  enum class Order { kForward, kBackward, kShuffled, kThreads, kTeams };

  explicit HostExecutor(Order order = Order::kForward) : order_(order) {}

  /// Filled with noise when it grows, so that nothing can count on zeros.
  class Memory {
   public:
    Memory() = default;
    Memory(Memory&& other) noexcept { Swap(other); }
    Memory& operator=(Memory&& other) noexcept {
      Swap(other);
      return *this;
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    void Reserve(size_t bytes);
    bool TryReserve(size_t bytes) {
      Reserve(bytes);
      return true;
    }
    void* data() const { return data_; }
    void* device_data() const { return data_; }
    size_t capacity_bytes() const { return capacity_; }

   private:
    void Swap(Memory& other) noexcept {
      std::swap(owned_, other.owned_);
      std::swap(data_, other.data_);
      std::swap(capacity_, other.capacity_);
    }
    std::unique_ptr<unsigned char[]> owned_;
    void* data_ = nullptr;
    size_t capacity_ = 0;
  };
  using StagingMemory = Memory;
  static constexpr bool kHasGuards = true;

  int64_t FreeBytes() const { return int64_t{1} << 40; }
  void Upload(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
  void Download(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
  void FillBytes(void* to, int byte, size_t bytes) { std::memset(to, byte, bytes); }

  template <typename Stage>
  void Load() {}

  template <typename Stage>
  void ForBlocks(int64_t n, const Stage& stage) {
    switch (order_) {
      case Order::kForward:
        return RunBlocks(n, stage, {}, [](int64_t i) { return i; });
      case Order::kBackward:
        return RunBlocks(n, stage, {0, 1, nullptr, true}, [n](int64_t i) { return n - 1 - i; });
      case Order::kShuffled: {
        const int64_t stride = StrideFor(n);
        return RunBlocks(n, stage, {}, [=](int64_t i) { return (n / 3 + i * stride) % n; });
      }
      case Order::kThreads:
        return OnThreads(4, [&](int t) {
          RunBlocks((n - t + 3) / 4, stage, {}, [t](int64_t i) { return t + 4 * i; });
        });
      case Order::kTeams:
        return RunTeams(n, stage);
    }
  }

  template <typename Steps>
  void Run(const int64_t*, int, bool, const Steps& steps) {
    steps();
  }
  void WaitForTicket(const uint64_t* at, uint64_t ticket) {
    CHECK_EQ(__atomic_load_n(at, __ATOMIC_ACQUIRE), ticket);
  }
  void Wait() {}

 private:
  /// What a block's threads share: nothing of the block before may be left in it.
  template <typename Stage>
  static std::unique_ptr<typename Stage::Shared> MakeShared() {
    return std::make_unique<typename Stage::Shared>();
  }
  template <typename Shared>
  static void Spoil(Shared* shared) {
    std::memset(static_cast<void*>(shared), 0xA5, sizeof(*shared));
  }

  template <typename Stage, typename At>
  static void RunBlocks(int64_t n, const Stage& stage, const HostThread& thread, const At& at) {
    const HostBlock block(thread);
    const auto shared = MakeShared<Stage>();
    for (int64_t i = 0; i < n; ++i) {
      Spoil(shared.get());
      stage(block, at(i), *shared);
    }
  }

  template <typename Stage>
  static void RunTeams(int64_t n, const Stage& stage) {
    constexpr int kSize = 2;
    SpinBarrier barrier(kSize);
    const auto shared = MakeShared<Stage>();
    OnThreads(kSize, [&](int t) {
      const HostBlock block({t, kSize, &barrier, false});
      for (int64_t i = 0; i < n; ++i) {
        if (t == 0) Spoil(shared.get());
        barrier.Wait();
        stage(block, i, *shared);
        barrier.Wait();
      }
    });
  }

  template <typename Body>
  static void OnThreads(int count, const Body& body) {
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (int t = 0; t < count; ++t) threads.emplace_back([t, &body] { body(t); });
    for (std::thread& thread : threads) thread.join();
  }

  /// Prime to n, so that its multiples visit every index.
  static int64_t StrideFor(int64_t n);

  Order order_;
};

/// The pipeline on the host.
std::unique_ptr<Engine> MakeHostEngine(const EngineLimits& limits, HostExecutor::Order order);

}  // namespace ceres_align::batch
