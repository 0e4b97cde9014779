// The pipeline's stages on the host, index by index: what a device does, without one. It
// shows in tests that the stages are right and that no index depends on another's turn; as a
// rasterizer, CpuRasterizer is the fast one.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "ceres_align/batch/engine.h"

namespace ceres_align::batch {

class HostExecutor {
 public:
  /// The order in which ForEach takes its indices; kThreads: four threads take every fourth.
  enum class Order { kForward, kBackward, kShuffled, kThreads };

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

  int64_t FreeBytes() const { return int64_t{1} << 40; }
  void Upload(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
  void Download(void* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }
  void FillBytes(void* to, int byte, size_t bytes) { std::memset(to, byte, bytes); }

  template <typename Stage>
  void ForEach(int64_t n, const Stage& stage) {
    if (order_ == Order::kForward) {
      for (int64_t i = 0; i < n; ++i) stage(i);
    } else if (order_ == Order::kBackward) {
      for (int64_t i = n; i-- > 0;) stage(i);
    } else if (order_ == Order::kThreads) {
      constexpr int kThreads = 4;
      std::vector<std::thread> threads;
      threads.reserve(kThreads);
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([n, t, &stage] {
          for (int64_t i = t; i < n; i += kThreads) stage(i);
        });
      }
      for (std::thread& thread : threads) thread.join();
    } else {
      const int64_t stride = StrideFor(n);
      for (int64_t i = 0, at = n / 3; i < n; ++i, at = (at + stride) % n) stage(at);
    }
  }

  void Select(const uint8_t* flags, int64_t n, int32_t* out, int32_t* count, void* temp,
              size_t temp_bytes);
  void ExclusiveSum(const int64_t* in, int64_t* out, int64_t n, void* temp, size_t temp_bytes);
  void SortPairs(const uint64_t* keys, uint64_t* sorted_keys, const int32_t* values,
                 int32_t* sorted_values, int64_t n, int bits, void* temp, size_t temp_bytes);
  /// None is needed; but as a device would, the three CHECK that they got what this says for their
  /// number of elements, and write all of it.
  static size_t TempBytes(int64_t most_selected, int64_t most_summed, int64_t most_sorted);

  template <typename Steps>
  void Run(const int64_t*, int, bool, const Steps& steps) {
    steps();
  }
  void Wait() {}

 private:
  /// Prime to n, so that its multiples visit every index.
  static int64_t StrideFor(int64_t n);

  Order order_;
};

/// The pipeline on the host.
std::unique_ptr<Engine> MakeHostEngine(const EngineLimits& limits, HostExecutor::Order order);

}  // namespace ceres_align::batch
