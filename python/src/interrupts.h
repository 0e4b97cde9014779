// Ctrl-C while the library works without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align::python {

namespace py = pybind11;

/// Ends the work that a thread of Python asked for: thrown through the library, caught here only.
struct Interrupted {};

/// Of one call from Python; made on its thread, with the GIL.
class Interrupts {
 public:
  Interrupts() : caller_(std::this_thread::get_id()) {}

  /// Without the GIL, from any thread. Throws Interrupted once the call is to end. On the calling
  /// thread it lets Python's handlers of signals run, every kEvery at most.
  void Check();
  /// With the GIL, in the handler of a py::error_already_set: what it holds is what the call ends
  /// with.
  void Keep(py::error_already_set error);
  bool any() const { return any_; }
  /// With the GIL: throws what was kept.
  [[noreturn]] void Rethrow();

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kEvery{20};

  const std::thread::id caller_;
  Clock::time_point next_ = Clock::now() + kEvery;  // of the calling thread
  std::atomic<bool> any_{false};
  std::optional<py::error_already_set> error_;
};

/// Passes everything on to another rasterizer, unless the call is to end. All that takes time goes
/// through here, so a solve ends within one evaluation. Borrows both.
class InterruptibleRasterizer : public Rasterizer {
 public:
  InterruptibleRasterizer(Rasterizer* inner, Interrupts* interrupts)
      : inner_(inner), interrupts_(interrupts) {}

  std::string name() const override { return inner_->name(); }
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override {
    return inner_->AddMesh(std::move(mesh));
  }
  TargetId AddTarget(std::shared_ptr<const Target> target) override {
    return inner_->AddTarget(std::move(target));
  }
  void ReleaseMesh(MeshId id) override { inner_->ReleaseMesh(id); }
  void ReleaseTarget(TargetId id) override { inner_->ReleaseTarget(id); }
  Eigen::Vector3d MeshCenter(MeshId id) const override { return inner_->MeshCenter(id); }
  void Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) override {
    interrupts_->Check();
    inner_->Evaluate(jobs, results);
  }
  void ForEach(size_t n, const std::function<void(size_t)>& body) override {
    interrupts_->Check();
    inner_->ForEach(n, [&](size_t i) {
      interrupts_->Check();
      body(i);
    });
  }
  Image<double> Coverage(const RasterJob& job, std::vector<double>* jacobian) override {
    interrupts_->Check();
    return inner_->Coverage(job, jacobian);
  }
  void Outline(const RasterJob& job, std::vector<OutlineSample>* samples) override {
    interrupts_->Check();
    inner_->Outline(job, samples);
  }
  bool is_for_batches() const override { return inner_->is_for_batches(); }
  void CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) override {
    interrupts_->Check();
    inner_->CoverageBatch(jobs, images);
  }

 private:
  Rasterizer* const inner_;
  Interrupts* const interrupts_;
};

/// Runs `work` without the GIL. If it was interrupted, throws what the call is to end with.
template <typename Work>
void WithoutGil(Interrupts* interrupts, const Work& work) {
  bool ended = false;
  {
    const py::gil_scoped_release release;
    try {
      work();
    } catch (const Interrupted&) {
      ended = true;
    }
  }
  if (ended || interrupts->any()) interrupts->Rethrow();
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace ceres_align::python
