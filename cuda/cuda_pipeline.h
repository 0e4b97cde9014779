// The pipeline of stages on a CUDA device, for any launcher.
#pragma once

#include <memory>

#include "ceres_align/base/error.h"
#include "ceres_align/batch/pipeline.h"
#include "cuda/cuda_engine.h"
#include "cuda/cuda_executor.h"

namespace ceres_align {

/// The pipeline, with its device made current on the calling thread. Launcher: see CudaExecutor.
template <typename Launcher>
class CudaPipeline : public batch::Engine {
 public:
  explicit CudaPipeline(const CudaEngineOptions& options)
      : device_(CurrentDevice()),
        pipeline_(std::make_unique<CudaExecutor<Launcher>>(options.use_graphs), options.limits) {}
  ~CudaPipeline() override { (void)cudaSetDevice(device_); }

  void SetMesh(int id, const batch::MeshView& mesh) override {
    Fitting([&] { OnDevice().SetMesh(id, mesh); });
  }
  void SetTarget(int id, const TargetView& target) override {
    Fitting([&] { OnDevice().SetTarget(id, target); });
  }
  // A device that is lost has been reported before.
  void ClearMesh(int id) override {
    (void)cudaSetDevice(device_);
    pipeline_.ClearMesh(id);
  }
  void ClearTarget(int id) override {
    (void)cudaSetDevice(device_);
    pipeline_.ClearTarget(id);
  }
  bool Evaluate(const batch::Job* jobs, int32_t num_jobs, batch::JobSums* sums) override {
    return OnDevice().Evaluate(jobs, num_jobs, sums);
  }
  bool Draw(const batch::Job* jobs, int32_t num_jobs, float* pixels) override {
    return OnDevice().Draw(jobs, num_jobs, pixels);
  }
  bool DrawExactly(const batch::Job& job, double* pixels, double* jacobian) override {
    return OnDevice().DrawExactly(job, pixels, jacobian);
  }

 private:
  static int CurrentDevice() {
    int device = 0;
    CERES_ALIGN_CUDA_CHECK(cudaGetDevice(&device));
    return device;
  }
  template <typename Call>
  static void Fitting(const Call& call) {
    try {
      call();
    } catch (const CudaError& error) {
      if (error.code() == cudaErrorMemoryAllocation) throw DoesNotFit(error.what());
      throw;
    }
  }
  batch::Pipeline<CudaExecutor<Launcher>>& OnDevice() {
    CERES_ALIGN_CUDA_CHECK(cudaSetDevice(device_));
    return pipeline_;
  }

  const int device_;
  batch::Pipeline<CudaExecutor<Launcher>> pipeline_;
};

}  // namespace ceres_align
