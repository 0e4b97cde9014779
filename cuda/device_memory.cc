#include "cuda/device_memory.h"

namespace ceres_align {
namespace {

std::string VersionName(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

// A driver of this version cannot run this program.
std::string DriverTrouble() {
  int driver = 0, runtime = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
    return "no NVIDIA driver is installed";
  }
  if (cudaRuntimeGetVersion(&runtime) != cudaSuccess) return "CUDA does not start";
  return "the NVIDIA driver is too old: it supports CUDA " + VersionName(driver) +
         ", this program is built with " + VersionName(runtime);
}

}  // namespace

void ThrowOnCudaError(cudaError_t code, const char* what, const char* file, int line) {
  if (code == cudaSuccess) return;
  // Reported here: it must not come up again as that of the next launch.
  (void)cudaGetLastError();
  throw CudaError(code, std::string("CUDA: ") + what + " failed: " + cudaGetErrorName(code) + ", " +
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

std::string WhyNoCudaDevice() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess) (void)cudaGetLastError();
  if (code == cudaErrorInsufficientDriver) return DriverTrouble();
  if (code == cudaErrorNoDevice || (code == cudaSuccess && count == 0)) {
    return "no CUDA device was found";
  }
  if (code != cudaSuccess) return std::string("CUDA does not start: ") + cudaGetErrorString(code);
  try {
    ProbeCudaDevice();
  } catch (const CudaError& error) {
    if (error.code() == cudaErrorNoKernelImageForDevice ||
        error.code() == cudaErrorUnsupportedPtxVersion) {
      return "this program has no code for the device (" + DescribeCudaDevice() +
             "); build it with CMAKE_CUDA_ARCHITECTURES set for it";
    }
    return error.what();
  }
  return "";
}

std::string DescribeCudaDevice() {
  int device = 0;
  CERES_ALIGN_CUDA_CHECK(cudaGetDevice(&device));
  cudaDeviceProp properties;
  CERES_ALIGN_CUDA_CHECK(cudaGetDeviceProperties(&properties, device));
  return std::string(properties.name) + ", compute capability " + std::to_string(properties.major) +
         "." + std::to_string(properties.minor) + ", " +
         std::to_string(properties.totalGlobalMem >> 30) + " GiB";
}

}  // namespace ceres_align
