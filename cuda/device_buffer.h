// Memory on the device with one owner, and checked CUDA calls and launches. Everything in cuda/
// reports trouble by throwing CudaError: no status code is dropped.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace ceres_align {

/// A CUDA call or launch failed: no device, out of memory, a broken kernel. Neither the user's
/// input nor numerical trouble. The message names the call, its place and CUDA's reason.
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

/// Number of usable devices; 0 also where there is no driver. Never throws.
int CudaDeviceCount();

/// Bytes on the current device; grows, never shrinks, frees itself. Not copyable.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept { Swap(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    Swap(other);
    return *this;
  }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  /// Makes room for `bytes`. Within the capacity it is free of cost and keeps the content; beyond
  /// it allocates anew (at least 1.5 times the old capacity) and the content is lost. If that
  /// throws, the old memory is gone and the capacity is 0.
  void Reserve(size_t bytes);

  void* data() const { return data_; }
  size_t capacity_bytes() const { return capacity_bytes_; }

 private:
  void Swap(DeviceMemory& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_bytes_, other.capacity_bytes_);
  }
  void* data_ = nullptr;
  size_t capacity_bytes_ = 0;
};

/// `size` elements of a plain type in device memory, reused from batch to batch. Copies run on
/// `stream`; those from and to a std::vector have ended when they return.
template <typename T>
class DeviceBuffer {
  static_assert(std::is_trivially_copyable_v<T>, "copied as bytes");

 public:
  /// The content is undefined afterwards if it grew beyond the capacity; the buffer is empty if
  /// that threw.
  void Resize(size_t size) {
    size_ = 0;
    memory_.Reserve(size * sizeof(T));
    size_ = size;
  }
  void Upload(const std::vector<T>& host, cudaStream_t stream = nullptr) {
    Resize(host.size());
    if (host.empty()) return;
    CERES_ALIGN_CUDA_CHECK(cudaMemcpyAsync(data(), host.data(), host.size() * sizeof(T),
                                           cudaMemcpyHostToDevice, stream));
    CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
  }
  void Download(std::vector<T>* host, cudaStream_t stream = nullptr) const {
    host->resize(size_);
    if (size_ == 0) return;
    CERES_ALIGN_CUDA_CHECK(
        cudaMemcpyAsync(host->data(), data(), size_ * sizeof(T), cudaMemcpyDeviceToHost, stream));
    CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
  }

  /// A device pointer: kernels take it by value, host code must not read through it.
  T* data() const { return static_cast<T*>(memory_.data()); }
  size_t size() const { return size_; }

 private:
  DeviceMemory memory_;
  size_t size_ = 0;
};

}  // namespace ceres_align
