// A block of threads (block.h) on the host: its threads one after the other, or two of the host's
// that take turns, so that ThreadSanitizer sees what a device's threads would race for.
#pragma once

#include <array>
#include <atomic>
#include <thread>

#include "ceres_align/batch/block.h"

namespace ceres_align::batch {

/// Where all of `size` threads wait for each other.
class SpinBarrier {
 public:
  explicit SpinBarrier(int size) : size_(size) {}
  void Wait() {
    const int turn = turn_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == size_) {
      arrived_.store(0, std::memory_order_relaxed);
      turn_.store(turn + 1, std::memory_order_release);
      return;
    }
    while (turn_.load(std::memory_order_acquire) == turn) std::this_thread::yield();
  }

 private:
  const int size_;
  std::atomic<int> arrived_{0}, turn_{0};
};

/// Which of a block's threads one of the host's stands for, and in which order.
struct HostThread {
  int index = 0, count = 1;
  SpinBarrier* barrier = nullptr;  ///< null where there is one
  bool backward = false;

  template <typename F>
  void ForEach(int n, const F& f) const {
    if (backward) {
      for (int t = n - 1 - index; t >= 0; t -= count) f(t);
    } else {
      for (int t = index; t < n; t += count) f(t);
    }
    if (barrier != nullptr) barrier->Wait();
  }
};

class HostWarp {
 public:
  template <typename T>
  using PerLane = std::array<T, kWarpLanes>;

  explicit HostWarp(const HostThread& thread) : thread_(thread) {}
  template <typename F>
  void ForLanes(const F& f) const {
    thread_.ForEach(kWarpLanes, f);
  }

 private:
  const HostThread& thread_;
};

class HostBlock {
 public:
  explicit HostBlock(const HostThread& thread) : thread_(thread) {}
  template <typename F>
  void ForThreads(const F& f) const {
    thread_.ForEach(kBlockThreads, f);
  }
  template <typename F>
  void ForWarps(const F& f) const {
    const HostWarp warp(thread_);
    for (int w = 0; w < kBlockWarps; ++w) f(thread_.backward ? kBlockWarps - 1 - w : w, warp);
    if (thread_.barrier != nullptr) thread_.barrier->Wait();
  }

 private:
  const HostThread thread_;
};

}  // namespace ceres_align::batch
