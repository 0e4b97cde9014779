// The rasterizer on the CPU: jobs side by side, and the rows of a job.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

class CpuRasterizer : public Rasterizer {
 public:
  /// num_threads 0: all the machine's.
  explicit CpuRasterizer(int num_threads = 0);
  ~CpuRasterizer() override;

  std::string name() const override { return "cpu"; }
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override;
  TargetId AddTarget(std::shared_ptr<const Target> target) override;
  void ReleaseMesh(MeshId id) override;
  void ReleaseTarget(TargetId id) override;
  Eigen::Vector3d MeshCenter(MeshId id) const override;
  void Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) override;
  void ForEach(size_t n, const std::function<void(size_t)>& body) override;
  Image<double> Coverage(const RasterJob& job, std::vector<double>* jacobian) override;
  void Outline(const RasterJob& job, std::vector<OutlineSample>* samples) override;
  void CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ceres_align
