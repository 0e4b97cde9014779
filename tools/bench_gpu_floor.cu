#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "bench_gpu_floor.h"
#include "cuda/device_memory.h"

namespace ceres_align {
namespace {

// Kernels of one Pipeline::Evaluate: its stages.
constexpr int kLaunches = 4;

__global__ void Empty(int* p) {
  if (p != nullptr) *p = 0;
}

template <typename Call>
double Median_us(int times, const Call& call) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> us;
  for (int i = 0; i < times; ++i) {
    const auto start = Clock::now();
    call();
    us.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::nth_element(us.begin(), us.begin() + times / 2, us.end());
  return us[times / 2];
}

double LaunchTime_us(cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  CERES_ALIGN_CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  for (int i = 0; i < kLaunches; ++i) Empty<<<1, 32, 0, stream>>>(nullptr);
  CERES_ALIGN_CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  CERES_ALIGN_CUDA_CHECK(cudaGraphInstantiateWithFlags(&exec, graph, 0));
  const double us = Median_us(500, [&] {
    CERES_ALIGN_CUDA_CHECK(cudaGraphLaunch(exec, stream));
    CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
  });
  CERES_ALIGN_CUDA_CHECK(cudaGraphExecDestroy(exec));
  CERES_ALIGN_CUDA_CHECK(cudaGraphDestroy(graph));
  return us;
}

// Bytes of a copy from locked memory of the host.
double UploadBytesPerUs(cudaStream_t stream) {
  constexpr size_t kBytes = size_t{1} << 26;
  LockedMemory from;
  DeviceMemory to;
  from.Reserve(kBytes);
  to.Reserve(kBytes);
  std::memset(from.data(), 0x5A, kBytes);
  const double us = Median_us(20, [&] {
    CERES_ALIGN_CUDA_CHECK(
        cudaMemcpyAsync(to.data(), from.data(), kBytes, cudaMemcpyHostToDevice, stream));
    CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
  });
  return kBytes / us;
}

// Bytes read and written by a copy several times the size of any cache.
double CopyBytesPerUs(cudaStream_t stream) {
  constexpr size_t kBytes = size_t{1} << 30;
  DeviceMemory from, to;
  from.Reserve(kBytes);
  to.Reserve(kBytes);
  CERES_ALIGN_CUDA_CHECK(cudaMemsetAsync(from.data(), 0x5A, kBytes, stream));
  const double us = Median_us(20, [&] {
    CERES_ALIGN_CUDA_CHECK(
        cudaMemcpyAsync(to.data(), from.data(), kBytes, cudaMemcpyDeviceToDevice, stream));
    CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream));
  });
  return 2.0 * kBytes / us;
}

}  // namespace

GpuFloor MeasureFloor() {
  cudaStream_t stream = nullptr;
  CERES_ALIGN_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  GpuFloor floor;
  floor.launches = kLaunches;
  floor.launch_us = LaunchTime_us(stream);
  floor.bytes_per_us = CopyBytesPerUs(stream);
  floor.upload_bytes_per_us = UploadBytesPerUs(stream);
  CERES_ALIGN_CUDA_CHECK(cudaStreamDestroy(stream));
  return floor;
}

MemoryUse MemoryInUse() {
  MemoryUse use;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:" && status >> use.host_mib) use.host_mib /= 1024;
  }
  size_t free_bytes = 0, total_bytes = 0;
  if (cudaMemGetInfo(&free_bytes, &total_bytes) == cudaSuccess) {
    use.device_mib = static_cast<double>(total_bytes - free_bytes) / (1 << 20);
  } else {
    (void)cudaGetLastError();  // no device: 0
  }
  return use;
}

}  // namespace ceres_align
