// The one kernel: a stage's indices over a grid. For nvcc only.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ceres_align {

constexpr int kThreadsPerBlock = 128;

// __grid_constant__: the stage is read in place; without it every thread whose code takes its
// address would have a copy.
template <typename Stage>
__global__ void __launch_bounds__(kThreadsPerBlock)
    StageKernel(int64_t n, const __grid_constant__ Stage stage) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n;
       i += stride) {
    stage(i);
  }
}

/// See CudaExecutor. An empty grid cannot be launched; what is more than the grid's limit the
/// kernel's loop takes.
struct KernelLauncher {
  template <typename Stage>
  static cudaError_t Launch(int64_t n, const Stage& stage, cudaStream_t stream) {
    constexpr int64_t kMostBlocks = int64_t{1} << 20;
    const int64_t blocks = std::min(kMostBlocks, (n + kThreadsPerBlock - 1) / kThreadsPerBlock);
    StageKernel<<<static_cast<unsigned>(blocks), kThreadsPerBlock, 0, stream>>>(n, stage);
    return cudaGetLastError();
  }
};

}  // namespace ceres_align
