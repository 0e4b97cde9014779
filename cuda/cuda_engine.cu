#include "cuda/cuda_engine.h"
#include "cuda/cuda_pipeline.h"
#include "cuda/stage_kernel.h"

namespace ceres_align {

std::unique_ptr<batch::Engine> MakeCudaEngine(const CudaEngineOptions& options) {
  return std::make_unique<CudaPipeline<KernelLauncher>>(options);
}

}  // namespace ceres_align
