#include "ceres_align/backends/backends.h"

#include "ceres_align/base/error.h"
#include "ceres_align/render/cpu_rasterizer.h"

namespace ceres_align {

void BackendOptions::Validate() const {
  if (backend != "auto" && backend != "cpu" && backend != "cuda") {
    throw InputError("backend is '" + backend + "'; it must be auto, cpu or cuda");
  }
  if (num_threads < 0 || num_threads > 1024) {
    throw InputError("num_threads is " + std::to_string(num_threads) + "; it must be 0 to 1024");
  }
}

std::unique_ptr<Rasterizer> MakeRasterizer(const BackendOptions& options, std::string* why) {
  options.Validate();
  if (options.backend == "cuda") {
    throw InputError("backend is 'cuda', but this version has no CUDA rasterizer; use cpu or auto");
  }
  if (why != nullptr) {
    *why =
        options.backend == "cpu" ? "cpu, as asked for" : "cpu: this version has no CUDA rasterizer";
  }
  return std::make_unique<CpuRasterizer>(options.num_threads);
}

}  // namespace ceres_align
