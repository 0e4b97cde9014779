#include "ceres_align/backends/backends.h"

#include <dlfcn.h>

#include "ceres_align/backends/fallback_rasterizer.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/render/cpu_rasterizer.h"

#ifdef CERES_ALIGN_WITH_CUDA
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/self_test.h"
#include "cuda/cuda_engine.h"
#include "cuda/device_memory.h"
#endif

namespace ceres_align {
namespace {

#ifdef CERES_ALIGN_WITH_CUDA
// CUDA's runtime loads the same library by the same name, but takes 3 ms to say that there is none.
bool HasDriver() {
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (driver != nullptr) dlclose(driver);
  return driver != nullptr;
}

std::string ReasonAgainstCuda() {
  return HasDriver() ? WhyNoCudaDevice() : "no NVIDIA driver is installed";
}

// Null, and the reason, where the device does not work.
std::unique_ptr<Rasterizer> TryCuda(int num_threads, std::string* device, std::string* why_not) {
  *why_not = ReasonAgainstCuda();
  if (!why_not->empty()) return nullptr;
  try {
    *device = DescribeCudaDevice();
    constexpr int kBodies = 32;
    auto rasterizer = std::make_unique<BatchRasterizer>(MakeCudaEngine({}), "cuda",
                                                        num_threads > 0 ? num_threads : kBodies);
    *why_not = WhyNotTrusted(rasterizer.get());
    if (why_not->empty()) return rasterizer;
    *why_not = "the device (" + *device + ") is not to be trusted: " + *why_not;
    return nullptr;
  } catch (const CudaError& error) {
    *why_not = error.what();
    return nullptr;
  }
}
#else
std::string ReasonAgainstCuda() { return "this program is built without CUDA"; }

std::unique_ptr<Rasterizer> TryCuda(int, std::string*, std::string* why_not) {
  *why_not = ReasonAgainstCuda();
  return nullptr;
}
#endif

}  // namespace

void BackendOptions::Validate() const {
  if (backend != "auto" && backend != "cpu" && backend != "cuda") {
    throw InputError("backend is " + Quoted(backend) + "; it must be auto, cpu or cuda");
  }
  if (num_threads < 0 || num_threads > 1024) {
    throw InputError("num_threads is " + std::to_string(num_threads) + "; it must be 0 to 1024");
  }
}

std::string WhyNotCuda() { return ReasonAgainstCuda(); }

std::unique_ptr<Rasterizer> MakeRasterizer(const BackendOptions& options, std::string* why) {
  options.Validate();
  std::string ignored;
  std::string& line = why != nullptr ? *why : ignored;
  line = "cpu, as asked for";
  if (options.backend != "cpu") {
    std::string device, why_not;
    auto cuda = TryCuda(options.num_threads, &device, &why_not);
    if (cuda != nullptr) {
      line = "cuda: " + device;
      if (options.backend == "cuda") return cuda;
      const int num_threads = options.num_threads;
      return std::make_unique<FallbackRasterizer>(
          std::move(cuda), [num_threads] { return std::make_unique<CpuRasterizer>(num_threads); },
          options.on_fallback);
    }
    if (options.backend == "cuda") {
      throw InputError("backend is 'cuda', but " + why_not + "; use cpu or auto");
    }
    line = "cpu: " + why_not;
  }
  return std::make_unique<CpuRasterizer>(options.num_threads);
}

}  // namespace ceres_align
