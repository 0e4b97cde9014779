#include <thrust/iterator/counting_iterator.h>

#include <algorithm>
#include <cub/device/device_radix_sort.cuh>
#include <cub/device/device_scan.cuh>
#include <cub/device/device_select.cuh>

#include "cuda/device_memory.h"
#include "cuda/primitives.h"

namespace ceres_align {
namespace {

using Indices = thrust::counting_iterator<int32_t>;

__global__ void EmptyKernel() {}

}  // namespace

size_t PrimitivesTempBytes(int64_t most_selected, int64_t most_summed, int64_t most_sorted) {
  size_t select = 0, sum = 0, sort = 0;
  CERES_ALIGN_CUDA_CHECK(
      cub::DeviceSelect::Flagged(nullptr, select, Indices(0), static_cast<const uint8_t*>(nullptr),
                                 static_cast<int32_t*>(nullptr), static_cast<int32_t*>(nullptr),
                                 static_cast<int>(most_selected)));
  CERES_ALIGN_CUDA_CHECK(
      cub::DeviceScan::ExclusiveSum(nullptr, sum, static_cast<const int64_t*>(nullptr),
                                    static_cast<int64_t*>(nullptr), static_cast<int>(most_summed)));
  CERES_ALIGN_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(
      nullptr, sort, static_cast<const uint64_t*>(nullptr), static_cast<uint64_t*>(nullptr),
      static_cast<const int32_t*>(nullptr), static_cast<int32_t*>(nullptr),
      static_cast<int>(most_sorted)));
  return std::max({select, sum, sort, size_t{1}});
}

void SelectFlagged(const uint8_t* flags, int64_t n, int32_t* out, int32_t* count, void* temp,
                   size_t temp_bytes, cudaStream_t stream) {
  if (n == 0) {
    CERES_ALIGN_CUDA_CHECK(cudaMemsetAsync(count, 0, sizeof(*count), stream));
    return;
  }
  CERES_ALIGN_CUDA_CHECK(cub::DeviceSelect::Flagged(temp, temp_bytes, Indices(0), flags, out, count,
                                                    static_cast<int>(n), stream));
}

void ExclusiveSum(const int64_t* in, int64_t* out, int64_t n, void* temp, size_t temp_bytes,
                  cudaStream_t stream) {
  if (n == 0) return;
  CERES_ALIGN_CUDA_CHECK(
      cub::DeviceScan::ExclusiveSum(temp, temp_bytes, in, out, static_cast<int>(n), stream));
}

void SortPairs(const uint64_t* keys, uint64_t* sorted_keys, const int32_t* values,
               int32_t* sorted_values, int64_t n, int bits, void* temp, size_t temp_bytes,
               cudaStream_t stream) {
  if (n == 0) return;
  CERES_ALIGN_CUDA_CHECK(cub::DeviceRadixSort::SortPairs(temp, temp_bytes, keys, sorted_keys,
                                                         values, sorted_values, static_cast<int>(n),
                                                         0, bits, stream));
}

void ProbeDevice() {
  EmptyKernel<<<1, 1>>>();
  CERES_ALIGN_CUDA_CHECK_LAUNCH("EmptyKernel");
  CERES_ALIGN_CUDA_CHECK(cudaDeviceSynchronize());
}

}  // namespace ceres_align
