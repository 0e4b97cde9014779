// A CUDA runtime made of host memory, which fails on demand: what the executor does around its
// kernels (memory, graphs, errors) can be tested without a device. Linked instead of the real one.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "ceres_align/batch/host_executor.h"

namespace ceres_align::testing {

struct FakeGraph {
  std::vector<std::function<void()>> calls;
};

/// The state of the one device; tests read and set it.
struct FakeCuda {
  int device_count = 1;
  int driver_version = 13000;
  cudaError_t count_error = cudaSuccess;
  cudaError_t probe_error = cudaSuccess;
  size_t memory_bytes = size_t{8} << 30;
  bool can_capture = true;
  cudaError_t last_error = cudaSuccess;  ///< of cudaGetLastError, which forgets it
  int not_ready = 0;                     ///< so many queries find the stream at work
  std::function<void()> at_ready = {};   ///< what it has done then
  cudaError_t lost = cudaSuccess;        ///< sticky: every call that reaches the device returns it

  std::map<void*, size_t> device_blocks, host_blocks;
  std::set<FakeGraph*> graphs, executables;
  int streams = 0, allocations = 0, launches = 0, recordings = 0, replays = 0;
  bool is_capturing = false, capture_failed = false;
  FakeGraph* captured = nullptr;

  size_t used_bytes() const {
    size_t sum = 0;
    for (const auto& [data, bytes] : device_blocks) sum += bytes;
    return sum;
  }
  /// Runs the call, or records it in the graph that is being captured.
  cudaError_t Enqueue(std::function<void()> call);
};
FakeCuda& Fake();

/// See CudaExecutor: the stage's indices on the host.
struct FakeLauncher {
  static constexpr bool kIsHost = true;
  template <typename Stage>
  static cudaError_t Load() {
    return Fake().is_capturing ? cudaErrorStreamCaptureUnsupported : Fake().lost;
  }
  template <typename Stage>
  static cudaError_t Launch(int64_t n, const Stage& stage, cudaStream_t) {
    ++Fake().launches;
    return Fake().Enqueue([n, stage] { batch::HostExecutor().ForBlocks(n, stage); });
  }
};

}  // namespace ceres_align::testing
