// Runs the stages of a batch (ceres_align/batch/pipeline.h) on a CUDA device, on a stream of its
// own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "cuda/device_memory.h"
#include "cuda/primitives.h"

namespace ceres_align {

/// Calls of one small shape are recorded as a graph when they come the second time and replayed
/// from then on: one launch instead of some twenty. Where that cannot be done, the calls are made
/// one by one.
///
/// Launcher::Launch(n, stage, stream) launches stage(0) … stage(n − 1), n > 0, and returns a
/// cudaError_t: KernelLauncher, or a test's own.
template <typename Launcher>
class CudaExecutor {
 public:
  using Memory = DeviceMemory;
  using StagingMemory = LockedMemory;

  explicit CudaExecutor(bool use_graphs) : use_graphs_(use_graphs) {
    CERES_ALIGN_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  }
  ~CudaExecutor() {
    // As in GrowingMemory: what fails here has been reported before.
    (void)cudaStreamSynchronize(stream_);
    for (auto& [shape, graph] : graphs_) Destroy(&graph);
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
  void ForEach(int64_t n, const Stage& stage) {
    if (n == 0) return;
    ThrowOnCudaError(Launcher::Launch(n, stage, stream_), "launch of a stage", __FILE__, __LINE__);
  }

  void Select(const uint8_t* flags, int64_t n, int32_t* out, int32_t* count, void* temp,
              size_t temp_bytes) {
    SelectFlagged(flags, n, out, count, temp, temp_bytes, stream_);
  }
  void ExclusiveSum(const int64_t* in, int64_t* out, int64_t n, void* temp, size_t temp_bytes) {
    ceres_align::ExclusiveSum(in, out, n, temp, temp_bytes, stream_);
  }
  void SortPairs(const uint64_t* keys, uint64_t* sorted_keys, const int32_t* values,
                 int32_t* sorted_values, int64_t n, int bits, void* temp, size_t temp_bytes) {
    ceres_align::SortPairs(keys, sorted_keys, values, sorted_values, n, bits, temp, temp_bytes,
                           stream_);
  }
  size_t TempBytes(int64_t most_selected, int64_t most_summed, int64_t most_sorted) {
    const int64_t asked[3] = {most_selected, most_summed, most_sorted};
    if (!std::equal(asked, asked + 3, temp_asked_)) {
      temp_bytes_ = PrimitivesTempBytes(most_selected, most_summed, most_sorted);
      std::copy(asked, asked + 3, temp_asked_);
    }
    return temp_bytes_;
  }

  template <typename Steps>
  void Run(const int64_t* shape, int shape_size, bool is_small, const Steps& steps) {
    if (!use_graphs_ || !is_small) {
      steps();
      return;
    }
    if (graphs_.size() > kMostGraphs) ForgetGraphs();
    Graph& graph = graphs_[std::vector<int64_t>(shape, shape + shape_size)];
    if (graph.exec == nullptr) {
      // The first time directly: kernels are loaded then, which a recording must not do.
      if (!graph.was_seen) {
        graph.was_seen = true;
        steps();
        return;
      }
      if (!Record(&graph, steps)) {
        // Nothing has run yet. If the device is at fault, the calls themselves say so.
        use_graphs_ = false;
        steps();
        return;
      }
    }
    CERES_ALIGN_CUDA_CHECK(cudaGraphLaunch(graph.exec, stream_));
  }

  void Wait() { CERES_ALIGN_CUDA_CHECK(cudaStreamSynchronize(stream_)); }

 private:
  struct Graph {
    cudaGraphExec_t exec = nullptr;
    bool was_seen = false;
  };

  // False: a call cannot be recorded here. The stream is as it was before.
  template <typename Steps>
  bool Record(Graph* graph, const Steps& steps) {
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
      is_recorded = cudaGraphInstantiateWithFlags(&graph->exec, recorded, 0) == cudaSuccess;
    }
    if (recorded != nullptr) (void)cudaGraphDestroy(recorded);
    if (!is_recorded) {
      graph->exec = nullptr;
      (void)cudaGetLastError();  // handled here
    }
    return is_recorded;
  }

  static void Destroy(Graph* graph) {
    if (graph->exec != nullptr) (void)cudaGraphExecDestroy(graph->exec);
    graph->exec = nullptr;
  }
  void ForgetGraphs() {
    Wait();
    for (auto& [shape, graph] : graphs_) Destroy(&graph);
    graphs_.clear();
  }

  static constexpr size_t kMostGraphs = 128;
  bool use_graphs_;
  cudaStream_t stream_ = nullptr;
  std::map<std::vector<int64_t>, Graph> graphs_;
  int64_t temp_asked_[3] = {-1, -1, -1};
  size_t temp_bytes_ = 0;
};

}  // namespace ceres_align
