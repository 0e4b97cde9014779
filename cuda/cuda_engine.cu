#include "ceres_align/batch/chain.h"
#include "cuda/cuda_engine.h"
#include "cuda/cuda_executor.h"

namespace ceres_align {
namespace {

int CurrentDevice() {
  int device = 0;
  CERES_ALIGN_CUDA_CHECK(cudaGetDevice(&device));
  return device;
}

// The chain, with its device made current on the calling thread.
class CudaEngine : public batch::Engine {
 public:
  explicit CudaEngine(const CudaEngineOptions& options)
      : device_(CurrentDevice()),
        chain_(std::make_unique<CudaExecutor>(options.use_graphs), options.limits) {}
  ~CudaEngine() override { (void)cudaSetDevice(device_); }

  void SetMesh(int id, const batch::MeshView& mesh) override { Chain().SetMesh(id, mesh); }
  void SetTarget(int id, const TargetView& target) override { Chain().SetTarget(id, target); }
  void ClearMesh(int id) override { Chain().ClearMesh(id); }
  void ClearTarget(int id) override { Chain().ClearTarget(id); }
  bool Evaluate(const batch::Job* jobs, int32_t num_jobs, batch::JobSums* sums) override {
    return Chain().Evaluate(jobs, num_jobs, sums);
  }
  bool Draw(const batch::Job* jobs, int32_t num_jobs, float* pixels) override {
    return Chain().Draw(jobs, num_jobs, pixels);
  }
  bool DrawExactly(const batch::Job& job, double* pixels, double* jacobian) override {
    return Chain().DrawExactly(job, pixels, jacobian);
  }

 private:
  batch::Chain<CudaExecutor>& Chain() {
    CERES_ALIGN_CUDA_CHECK(cudaSetDevice(device_));
    return chain_;
  }
  const int device_;
  batch::Chain<CudaExecutor> chain_;
};

}  // namespace

std::unique_ptr<batch::Engine> MakeCudaEngine(const CudaEngineOptions& options) {
  return std::make_unique<CudaEngine>(options);
}

}  // namespace ceres_align
