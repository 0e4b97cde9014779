// The batched rasterizer's engine on a CUDA device.
#pragma once

#include <memory>

#include "ceres_align/batch/engine.h"

namespace ceres_align {

struct CudaEngineOptions {
  batch::EngineLimits limits;
  bool use_graphs = true;  ///< replay batches of equal shape as CUDA graphs
};

/// Uses the calling thread's current device, from whatever thread it is called later. Throws
/// CudaError (cuda/device_memory.h) where CUDA fails, then and later. After an error that CUDA
/// calls sticky (a device lost, say) every call throws.
std::unique_ptr<batch::Engine> MakeCudaEngine(const CudaEngineOptions& options);

}  // namespace ceres_align
