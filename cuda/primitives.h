// Selections, sums and sorts on the device (CUB), in a file of their own: they take long to
// compile. All run on `stream`, allocate nothing, and always give the same bits.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace ceres_align {

/// Bytes of temporary memory that the three calls below need for at most so many elements.
size_t PrimitivesTempBytes(int64_t most_selected, int64_t most_summed, int64_t most_sorted);

/// out[0 … *count): the indices i in [0, n) with flags[i] != 0, in order. `out` has room for n.
void SelectFlagged(const uint8_t* flags, int64_t n, int32_t* out, int32_t* count, void* temp,
                   size_t temp_bytes, cudaStream_t stream);

/// out[i] = in[0] + … + in[i − 1].
void ExclusiveSum(const int64_t* in, int64_t* out, int64_t n, void* temp, size_t temp_bytes,
                  cudaStream_t stream);

/// Sorts by the low `bits` of the keys; equal keys keep their order.
void SortPairs(const uint64_t* keys, uint64_t* sorted_keys, const int32_t* values,
               int32_t* sorted_values, int64_t n, int bits, void* temp, size_t temp_bytes,
               cudaStream_t stream);

/// Runs an empty kernel on the current device; throws CudaError if it cannot.
void ProbeDevice();

}  // namespace ceres_align
