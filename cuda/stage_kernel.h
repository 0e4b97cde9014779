// The one kernel: a stage's blocks over a grid. For nvcc only.
#pragma once

#include <algorithm>
#include <cstdint>

#include "ceres_align/batch/block.h"

namespace ceres_align {

/// See batch/block.h.
class DeviceWarp {
 public:
  /// Each thread has that of its own lane.
  template <typename T>
  class PerLane {
   public:
    __device__ T& operator[](int) { return value_; }

   private:
    T value_;
  };

  template <typename F>
  __device__ void ForLanes(const F& f) const {
    f(static_cast<int>(threadIdx.x % batch::kWarpLanes));
    __syncwarp();
  }
};

class DeviceBlock {
 public:
  template <typename F>
  __device__ void ForThreads(const F& f) const {
    f(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
  template <typename F>
  __device__ void ForWarps(const F& f) const {
    f(static_cast<int>(threadIdx.x / batch::kWarpLanes), DeviceWarp());
    __syncthreads();
  }
};

// __grid_constant__: the stage is read in place; without it every thread whose code takes its
// address would have a copy.
template <typename Stage>
__global__ void __launch_bounds__(batch::kBlockThreads, 4)
    StageKernel(int64_t n, const __grid_constant__ Stage stage) {
  __shared__ typename Stage::Shared shared;
  const DeviceBlock block;
  for (int64_t i = blockIdx.x; i < n; i += gridDim.x) {
    stage(block, i, shared);
    __syncthreads();  // before the next index writes to `shared`
  }
}

/// See CudaExecutor. An empty grid cannot be launched; what is more than the grid's limit the
/// kernel's loop takes.
struct KernelLauncher {
  static constexpr bool kIsHost = false;

  /// Modules are loaded when they are first needed, which must not be while calls are recorded.
  template <typename Stage>
  static cudaError_t Load() {
    cudaFuncAttributes attributes;
    return cudaFuncGetAttributes(&attributes, StageKernel<Stage>);
  }
  template <typename Stage>
  static cudaError_t Launch(int64_t n, const Stage& stage, cudaStream_t stream) {
    constexpr int64_t kMostBlocks = int64_t{1} << 20;
    StageKernel<<<static_cast<unsigned>(std::min(n, kMostBlocks)), batch::kBlockThreads, 0,
                  stream>>>(n, stage);
    return cudaGetLastError();
  }
};

}  // namespace ceres_align
