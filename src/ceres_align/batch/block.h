// The threads that work on one index of a stage, as a stage sees them.
//
// A stage is a struct with
//   Shared                              plain memory that the block's threads share
//   template <typename Block> CA_HD void operator()(const Block&, int64_t index, Shared&) const
// The block's code runs on all of its threads. What differs between them is inside
//   block.ForThreads(f)                 f(0) … f(kBlockThreads − 1), each on its thread
//   block.ForWarps(f)                   f(w, warp) for each of the block's warps
//   warp.ForLanes(f)                    f(0) … f(kWarpLanes − 1), each on its thread
// which end when all of the block (of the warp) have ended theirs, and see what was written before.
// Code outside of them must do the same on every thread: it reads what no thread writes between
// two of those calls, and writes nothing.
//   typename Warp::template PerLane<T>  a variable of each lane's own; [lane] inside ForLanes
//
// Blocks run in any order or at once.
#pragma once

#include <cstdint>

#include "ceres_align/base/hd.h"

namespace ceres_align::batch {

constexpr int kWarpLanes = 32;
constexpr int kBlockWarps = 4;
constexpr int kBlockThreads = kWarpLanes * kBlockWarps;

/// Returns what was there before. Integer sums do not depend on the order of the additions.
CA_HD inline int64_t AtomicAdd(int64_t* to, int64_t value) {
#if defined(__CUDA_ARCH__)
  return static_cast<int64_t>(
      atomicAdd(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(value)));
#else
  return __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
#endif
}
CA_HD inline int32_t AtomicAdd(int32_t* to, int32_t value) {
#if defined(__CUDA_ARCH__)
  return atomicAdd(to, value);
#else
  return __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
#endif
}

/// Adds 1 to a counter of those who are done; true for the one that makes it `all`. By one thread,
/// after all of its block are done: who gets true, and after a ForThreads its block, sees what all
/// of them have written. (A lock-free "last one cleans up", as in CUDA's threadFenceReduction.)
CA_HD inline bool IsLast(int32_t* done, int32_t all) {
#if defined(__CUDA_ARCH__)
  __threadfence();
  const bool is_last = atomicAdd(done, 1) == all - 1;
  __threadfence();
  return is_last;
#else
  return __atomic_fetch_add(done, 1, __ATOMIC_ACQ_REL) == all - 1;
#endif
}

/// What was written before is seen by a host that sees what is written after.
CA_HD inline void FenceForHost() {
#if defined(__CUDA_ARCH__)
  __threadfence_system();
#endif
}

/// Writes a value that the host waits for: when the host sees it, it sees everything that was
/// written before.
CA_HD inline void Publish(uint64_t* to, uint64_t value) {
#if defined(__CUDA_ARCH__)
  __threadfence_system();
  *reinterpret_cast<volatile unsigned long long*>(to) = value;
#else
  __atomic_store_n(to, value, __ATOMIC_RELEASE);
#endif
}

/// Exclusive sums of v[0 … kBlockThreads) in place, and the total. `other`: as much room again.
template <typename Block, typename T>
CA_HD inline void ExclusiveSums(const Block& block, T* v, T* other, T* total) {
  T *from = v, *to = other;
  for (int step = 1; step < kBlockThreads; step *= 2) {
    block.ForThreads([&](int t) { to[t] = from[t] + (t >= step ? from[t - step] : T{0}); });
    T* const swapped = from;
    from = to;
    to = swapped;
  }
  // Seven steps: the inclusive sums are in `other`.
  block.ForThreads([&](int t) {
    v[t] = t > 0 ? from[t - 1] : T{0};
    if (t == kBlockThreads - 1) *total = from[t];
  });
}

}  // namespace ceres_align::batch
