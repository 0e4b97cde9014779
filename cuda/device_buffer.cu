#include <algorithm>

#include "cuda/device_buffer.h"

namespace ceres_align {

void ThrowOnCudaError(cudaError_t code, const char* what, const char* file, int line) {
  if (code == cudaSuccess) return;
  // Reported here: it must not come up again as that of the next launch.
  (void)cudaGetLastError();
  throw CudaError(code, std::string(what) + " failed: " + cudaGetErrorName(code) + ", " +
                            cudaGetErrorString(code) + " (" + file + ":" + std::to_string(line) +
                            ")");
}

int CudaDeviceCount() {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess) {
    (void)cudaGetLastError();  // as in ThrowOnCudaError
    return 0;
  }
  return count;
}

DeviceMemory::~DeviceMemory() {
  // A destructor cannot report; a failure here repeats an earlier one that was reported.
  if (data_ != nullptr) (void)cudaFree(data_);
}

void DeviceMemory::Reserve(size_t bytes) {
  if (bytes <= capacity_bytes_) return;
  const size_t wanted_bytes = std::max(bytes, capacity_bytes_ + capacity_bytes_ / 2);
  // Freed first: both at once might not fit.
  void* const old_data = std::exchange(data_, nullptr);
  capacity_bytes_ = 0;
  if (old_data != nullptr) CERES_ALIGN_CUDA_CHECK(cudaFree(old_data));
  CERES_ALIGN_CUDA_CHECK(cudaMalloc(&data_, wanted_bytes));
  capacity_bytes_ = wanted_bytes;
}

}  // namespace ceres_align
