#include "cuda/cuda_chain.h"
#include "cuda/cuda_engine.h"
#include "cuda/stage_kernel.h"

namespace ceres_align {

std::unique_ptr<batch::Engine> MakeCudaEngine(const CudaEngineOptions& options) {
  return std::make_unique<CudaChain<KernelLauncher>>(options);
}

}  // namespace ceres_align
