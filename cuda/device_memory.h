// Memory with one owner on the device and beside it, and checked CUDA calls. Everything in cuda/
// reports trouble by throwing CudaError: no status code is dropped.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace ceres_align {

/// A CUDA call or launch failed: no device, out of memory, a device lost, a broken kernel. Neither
/// the user's input nor numerical trouble. The message names the call, its place and CUDA's reason.
class CudaError : public std::runtime_error {
 public:
  CudaError(cudaError_t code, const std::string& message)
      : std::runtime_error(message), code_(code) {}
  cudaError_t code() const { return code_; }

 private:
  cudaError_t code_;
};

/// Throws CudaError unless `code` is cudaSuccess. Use the macros, which fill in the rest.
void ThrowOnCudaError(cudaError_t code, const char* what, const char* file, int line);

/// CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
#define CERES_ALIGN_CUDA_CHECK(call) \
  ::ceres_align::ThrowOnCudaError((call), #call, __FILE__, __LINE__)
/// After a launch, with the kernel's name: throws if the launch itself was refused. What goes
/// wrong while the kernel runs is thrown by the next checked call that waits for it.
#define CERES_ALIGN_CUDA_CHECK_LAUNCH(name) \
  ::ceres_align::ThrowOnCudaError(cudaGetLastError(), "launch of " name, __FILE__, __LINE__)

/// Grow-only memory with one owner. `Place` has static Allocate(void**, size_t) and Free(void*)
/// that return a cudaError_t.
template <typename Place>
class GrowingMemory {
 public:
  GrowingMemory() = default;
  // A destructor cannot report; a failure here repeats an earlier one that was reported.
  ~GrowingMemory() {
    if (data_ != nullptr) (void)Place::Free(data_);
  }
  GrowingMemory(GrowingMemory&& other) noexcept { Swap(other); }
  GrowingMemory& operator=(GrowingMemory&& other) noexcept {
    Swap(other);
    return *this;
  }
  GrowingMemory(const GrowingMemory&) = delete;
  GrowingMemory& operator=(const GrowingMemory&) = delete;

  /// Makes room for `bytes`. Within the capacity it is free of cost and keeps the content; beyond
  /// it allocates anew (half as much again as there was, if there is so much) and the content is
  /// lost. False: out of memory; the old memory is gone then and the capacity 0.
  bool TryReserve(size_t bytes) {
    if (bytes <= capacity_bytes_) return true;
    const size_t generous = capacity_bytes_ + capacity_bytes_ / 2;
    // Freed first: both at once might not fit.
    void* const old = std::exchange(data_, nullptr);
    capacity_bytes_ = 0;
    if (old != nullptr) CERES_ALIGN_CUDA_CHECK(Place::Free(old));
    return (generous > bytes && Allocate(generous)) || Allocate(bytes);
  }
  /// The same; throws where TryReserve returns false.
  void Reserve(size_t bytes) {
    if (TryReserve(bytes)) return;
    ThrowOnCudaError(cudaErrorMemoryAllocation,
                     ("allocation of " + std::to_string(bytes) + " bytes").c_str(), __FILE__,
                     __LINE__);
  }

  void* data() const { return data_; }
  size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  bool Allocate(size_t bytes) {
    const cudaError_t code = Place::Allocate(&data_, bytes);
    if (code == cudaErrorMemoryAllocation) {
      (void)cudaGetLastError();  // handled here; it must not come up at the next launch
      data_ = nullptr;
      return false;
    }
    CERES_ALIGN_CUDA_CHECK(code);
    capacity_bytes_ = bytes;
    return true;
  }
  void Swap(GrowingMemory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_bytes_, other.capacity_bytes_);
  }
  void* data_ = nullptr;
  size_t capacity_bytes_ = 0;
};

struct OnDevice {
  static cudaError_t Allocate(void** data, size_t bytes) { return cudaMalloc(data, bytes); }
  static cudaError_t Free(void* data) { return cudaFree(data); }
};
/// On the host, locked in memory, so that copies run at full speed and beside other work, and
/// mapped, so that kernels reach it.
struct OnHostLocked {
  static cudaError_t Allocate(void** data, size_t bytes) {
    return cudaHostAlloc(data, bytes, cudaHostAllocMapped | cudaHostAllocPortable);
  }
  static cudaError_t Free(void* data) { return cudaFreeHost(data); }
};
using DeviceMemory = GrowingMemory<OnDevice>;

class LockedMemory : public GrowingMemory<OnHostLocked> {
 public:
  /// Where kernels find data(). Null where that is null.
  void* device_data() const {
    void* on_device = nullptr;
    if (data() != nullptr) CERES_ALIGN_CUDA_CHECK(cudaHostGetDevicePointer(&on_device, data(), 0));
    return on_device;
  }
};

/// Number of devices; 0 also where there is no driver. Never throws.
int CudaDeviceCount();

/// Why no CUDA device can be used here, as the end of a sentence ("no NVIDIA driver is
/// installed"); empty: one can. Runs a kernel on it.
std::string WhyNoCudaDevice();

/// "NVIDIA H200, compute capability 9.0, 139 GiB"; the current device. Throws CudaError.
std::string DescribeCudaDevice();

/// Runs an empty kernel on the current device; throws CudaError if it cannot.
void ProbeCudaDevice();

}  // namespace ceres_align
