#include "cuda/device_memory.h"

namespace ceres_align {
namespace {

__global__ void EmptyKernel() {}

}  // namespace

void ProbeCudaDevice() {
  EmptyKernel<<<1, 1>>>();
  CERES_ALIGN_CUDA_CHECK_LAUNCH("EmptyKernel");
  CERES_ALIGN_CUDA_CHECK(cudaDeviceSynchronize());
}

}  // namespace ceres_align
