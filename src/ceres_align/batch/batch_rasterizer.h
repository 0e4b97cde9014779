// A rasterizer that evaluates whole batches on an engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ceres_align/batch/engine.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// Evaluations that threads ask for at once run one after the other; those of ForEach's bodies are
/// joined into common batches (batch/batch_joiner.h). A batch that does not fit in the engine's
/// memory is split. Throws what the engine throws, and DoesNotFit where a single job does not fit.
/// A released mesh stays with the engine as long as somebody else keeps it, and is there when it is
/// registered again; it goes when memory is short.
class BatchRasterizer : public Rasterizer {
 public:
  /// `num_bodies`: how many bodies of ForEach run at once. They mostly wait, so more than there
  /// are cores is right.
  BatchRasterizer(std::unique_ptr<batch::Engine> engine, std::string name, int num_bodies);
  ~BatchRasterizer() override;

  std::string name() const override;
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override;
  TargetId AddTarget(std::shared_ptr<const Target> target) override;
  void ReleaseMesh(MeshId id) override;
  void ReleaseTarget(TargetId id) override;
  Eigen::Vector3d MeshCenter(MeshId id) const override;
  void Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) override;
  void ForEach(size_t n, const std::function<void(size_t)>& body) override;
  Image<double> Coverage(const RasterJob& job, std::vector<double>* jacobian) override;
  void Outline(const RasterJob& job, std::vector<OutlineSample>* samples) override;
  bool is_for_batches() const override { return true; }
  void CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) override;

  /// How many batches the engine was given so far (before splitting).
  size_t num_batches() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ceres_align
