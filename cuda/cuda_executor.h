// Runs the stages of a batch (ceres_align/batch/pipeline.h) on a CUDA device, on a stream of its
// own.
#pragma once

#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "cuda/device_memory.h"

namespace ceres_align {

/// Calls of one small shape are recorded as a graph when they first come and replayed from then on.
/// Where that cannot be done, the calls are made one by one.
///
/// Launcher::Launch(n, stage, stream) launches a stage's indices 0 … n − 1, n > 0,
/// Launcher::Load<Stage>() makes it ready; both return a cudaError_t. Launcher::kIsHost: device
/// memory is the host's, too. KernelLauncher, or a test's own.
template <typename Launcher>
class CudaExecutor {
 public:
  using Memory = DeviceMemory;
  using StagingMemory = LockedMemory;
  static constexpr bool kHasGuards = Launcher::kIsHost;

  explicit CudaExecutor(bool use_graphs) : use_graphs_(use_graphs) {
    CERES_ALIGN_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  }
  ~CudaExecutor() {
    // As in GrowingMemory: what fails here has been reported before.
    (void)cudaStreamSynchronize(stream_);
    DestroyGraphs();
    (void)cudaStreamDestroy(stream_);
  }
  CudaExecutor(const CudaExecutor&) = delete;
  CudaExecutor& operator=(const CudaExecutor&) = delete;

  int64_t FreeBytes() const {
    size_t free_bytes = 0, total_bytes = 0;
    CERES_ALIGN_CUDA_CHECK(cudaMemGetInfo(&free_bytes, &total_bytes));
    return static_cast<int64_t>(free_bytes);
  }

  void Upload(void* to, const void* from, size_t bytes) {
    CERES_ALIGN_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_));
  }
  void Download(void* to, const void* from, size_t bytes) {
    CERES_ALIGN_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_));
  }
  void FillBytes(void* to, int byte, size_t bytes) {
    if (bytes > 0) CERES_ALIGN_CUDA_CHECK(cudaMemsetAsync(to, byte, bytes, stream_));
  }

  template <typename Stage>
  void Load() {
    CERES_ALIGN_CUDA_CHECK(Launcher::template Load<Stage>());
  }
  template <typename Stage>
  void ForBlocks(int64_t n, const Stage& stage) {
    if (n == 0) return;
    ThrowOnCudaError(Launcher::Launch(n, stage, stream_), "launch of a stage", __FILE__, __LINE__);
  }

  template <typename Steps>
  void Run(const int64_t* shape, int shape_size, bool is_small, const Steps& steps) {
    if (!use_graphs_ || !is_small) {
      steps();
      return;
    }
    if (graphs_.size() > kMostGraphs) {
      Wait();
      DestroyGraphs();
    }
    cudaGraphExec_t& graph = graphs_[std::vector<int64_t>(shape, shape + shape_size)];
    if (graph == nullptr && !Record(&graph, steps)) {
      // Nothing has run yet. If the device is at fault, the calls themselves say so.
      use_graphs_ = false;
      steps();
      return;
    }
    CERES_ALIGN_CUDA_CHECK(cudaGraphLaunch(graph, stream_));
  }

  /// Looks at the host's memory, which is faster than to ask CUDA whether a stage has ended.
  void WaitForTicket(const uint64_t* at, uint64_t ticket) {
    constexpr int kLooks = 1 << 12;
    for (;;) {
      for (int look = 0; look < kLooks; ++look) {
        if (__atomic_load_n(at, __ATOMIC_ACQUIRE) == ticket) return;
      }
      // Something may have failed, or take long.
      const cudaError_t code = cudaStreamQuery(stream_);
      if (code == cudaErrorNotReady) {
        (void)cudaGetLastError();  // no error, but the next launch would find it
        std::this_thread::yield();
        continue;
      }
      CERES_ALIGN_CUDA_CHECK(code);
      Wait();
      if (__atomic_load_n(at, __ATOMIC_ACQUIRE) == ticket) return;
      ThrowOnCudaError(cudaErrorUnknown, "a batch that has ended without its ticket", __FILE__,
                       __LINE__);
    }
  }
  void Wait() { CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream_)); }

 private:
  // False: a call cannot be recorded here. The stream is as it was before.
  template <typename Steps>
  bool Record(cudaGraphExec_t* graph, const Steps& steps) {
    cudaGraph_t recorded = nullptr;
    CERES_ALIGN_CUDA_CHECK(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
    bool is_recorded = true;
    try {
      steps();
    } catch (const CudaError&) {
      is_recorded = false;
    }
    is_recorded = cudaStreamEndCapture(stream_, &recorded) == cudaSuccess && is_recorded;
    if (is_recorded) {
      is_recorded = cudaGraphInstantiateWithFlags(graph, recorded, 0) == cudaSuccess;
    }
    if (recorded != nullptr) (void)cudaGraphDestroy(recorded);
    if (!is_recorded) {
      *graph = nullptr;
      (void)cudaGetLastError();  // handled here
    }
    return is_recorded;
  }

  void DestroyGraphs() {
    for (auto& [shape, graph] : graphs_) {
      if (graph != nullptr) (void)cudaGraphExecDestroy(graph);
    }
    graphs_.clear();
  }

  static constexpr size_t kMostGraphs = 256;
  bool use_graphs_;
  cudaStream_t stream_ = nullptr;
  std::map<std::vector<int64_t>, cudaGraphExec_t> graphs_;
};

}  // namespace ceres_align
