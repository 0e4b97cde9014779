#include "fake_cuda.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "cuda/device_memory.h"

namespace ceres_align {
namespace testing {

FakeCuda& Fake() {
  static FakeCuda fake;
  return fake;
}

cudaError_t FakeCuda::Enqueue(std::function<void()> call) {
  if (lost != cudaSuccess) return lost;
  if (!is_capturing) {
    call();
    return cudaSuccess;
  }
  if (!can_capture) {
    capture_failed = true;
    return cudaErrorStreamCaptureUnsupported;
  }
  captured->calls.push_back(std::move(call));
  return cudaSuccess;
}

}  // namespace testing

using testing::Fake;
using testing::FakeGraph;

namespace {

// Memory is not to be had, freed or waited for while calls are recorded.
cudaError_t NotWhileCapturing() {
  if (Fake().lost != cudaSuccess) return Fake().lost;
  return Fake().is_capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t Allocate(std::map<void*, size_t>* blocks, void** data, size_t bytes) {
  if (Fake().device_count == 0) return cudaErrorNoDevice;
  if (const cudaError_t code = NotWhileCapturing(); code != cudaSuccess) return code;
  ++Fake().allocations;
  *data = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(*data, 0xA5, bytes);
  (*blocks)[*data] = bytes;
  return cudaSuccess;
}

cudaError_t Free(std::map<void*, size_t>* blocks, void* data) {
  if (Fake().is_capturing) return cudaErrorStreamCaptureUnsupported;
  if (blocks->erase(data) == 0) return cudaErrorInvalidValue;
  std::free(data);
  return Fake().lost;
}

}  // namespace

void ProbeCudaDevice() { CERES_ALIGN_CUDA_CHECK(Fake().probe_error); }

}  // namespace ceres_align

using ceres_align::Fake;
using ceres_align::FakeGraph;
using ceres_align::NotWhileCapturing;

extern "C" {

cudaError_t cudaGetLastError() { return std::exchange(Fake().last_error, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t code) {
  return code == cudaErrorLaunchFailure ? "cudaErrorLaunchFailure" : "cudaErrorOfAnotherKind";
}
const char* cudaGetErrorString(cudaError_t code) {
  return code == cudaErrorLaunchFailure ? "unspecified launch failure" : "another error";
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = Fake().device_count;
  return Fake().count_error;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = Fake().driver_version;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return Fake().device_count == 0 ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = cudaDeviceProp{};
  std::strcpy(properties->name, "Fake");
  properties->major = 5;
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  *total_bytes = Fake().memory_bytes;
  *free_bytes = *total_bytes - std::min(*total_bytes, Fake().used_bytes());
  return NotWhileCapturing();
}
cudaError_t cudaMalloc(void** data, size_t bytes) {
  if (Fake().used_bytes() + bytes > Fake().memory_bytes) return cudaErrorMemoryAllocation;
  return ceres_align::Allocate(&Fake().device_blocks, data, bytes);
}
cudaError_t cudaFree(void* data) { return ceres_align::Free(&Fake().device_blocks, data); }
cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned) {
  return ceres_align::Allocate(&Fake().host_blocks, data, bytes);
}
cudaError_t cudaHostGetDevicePointer(void** on_device, void* data, unsigned) {
  if (Fake().host_blocks.count(data) == 0) return cudaErrorInvalidValue;
  *on_device = data;
  return Fake().lost;
}
cudaError_t cudaStreamQuery(cudaStream_t) {
  if (Fake().not_ready > 0) {
    // As CUDA does: it is noted as if it were an error.
    if (--Fake().not_ready == 0 && Fake().at_ready) Fake().at_ready();
    return Fake().last_error = cudaErrorNotReady;
  }
  return NotWhileCapturing();
}
cudaError_t cudaFreeHost(void* data) { return ceres_align::Free(&Fake().host_blocks, data); }
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  return Fake().Enqueue([=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  return Fake().Enqueue([=] { std::memset(to, value, bytes); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  ++Fake().streams;
  *stream = nullptr;
  return Fake().lost;
}
cudaError_t cudaStreamDestroy(cudaStream_t) {
  --Fake().streams;
  return Fake().lost;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return NotWhileCapturing(); }
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (Fake().lost != cudaSuccess) return Fake().lost;
  Fake().is_capturing = true;
  ++Fake().recordings;
  Fake().capture_failed = false;
  Fake().captured = new FakeGraph;
  Fake().graphs.insert(Fake().captured);
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  Fake().is_capturing = false;
  *graph = reinterpret_cast<cudaGraph_t>(Fake().captured);
  return Fake().capture_failed ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  auto* const fake = reinterpret_cast<FakeGraph*>(graph);
  if (Fake().graphs.erase(fake) == 0) return cudaErrorInvalidValue;
  delete fake;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* exec, cudaGraph_t graph,
                                          unsigned long long) {
  auto* const copy = new FakeGraph(*reinterpret_cast<FakeGraph*>(graph));
  Fake().executables.insert(copy);
  *exec = reinterpret_cast<cudaGraphExec_t>(copy);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  auto* const fake = reinterpret_cast<FakeGraph*>(exec);
  if (Fake().executables.erase(fake) == 0) return cudaErrorInvalidValue;
  delete fake;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t) {
  if (Fake().lost != cudaSuccess) return Fake().lost;
  ++Fake().replays;
  for (const auto& call : reinterpret_cast<FakeGraph*>(exec)->calls) call();
  return cudaSuccess;
}

}  // extern "C"
