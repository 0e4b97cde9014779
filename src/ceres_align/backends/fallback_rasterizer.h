// A rasterizer that goes on with another one where its first cannot hold a scene.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// Hands everything to `first`; when that throws DoesNotFit, makes the second one, registers there
/// what is registered, and stays with it. As thread-safe as the two are. Numbers of meshes and
/// targets stay what they are.
class FallbackRasterizer : public Rasterizer {
 public:
  /// `make_second` is called at most once; `on_fallback` (may be empty) then gets why.
  FallbackRasterizer(std::unique_ptr<Rasterizer> first,
                     std::function<std::unique_ptr<Rasterizer>()> make_second,
                     std::function<void(const std::string& why)> on_fallback);

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
  bool is_for_batches() const override { return Current().is_for_batches(); }
  void CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) override;

 private:
  /// An item by its number with the first rasterizer, or, registered later, by the least free one.
  template <typename Item>
  struct Registered {
    std::shared_ptr<const Item> item;
    int second_id;
  };
  template <typename Item>
  using Items = std::map<int, Registered<Item>>;

  Rasterizer& Current() const;
  template <typename Call>
  void Try(const Call& call);
  void SwitchFrom(const Rasterizer* failed, const std::string& why);
  /// The job as the rasterizer in use knows it.
  RasterJob Translated(const Rasterizer& current, RasterJob job, bool has_target) const;
  std::vector<RasterJob> Translated(const Rasterizer& current, const std::vector<RasterJob>& jobs,
                                    bool have_targets) const;
  template <typename Item>
  int Add(Items<Item>* items, std::shared_ptr<const Item> item,
          int (Rasterizer::*add)(std::shared_ptr<const Item>));
  template <typename Item>
  void Release(Items<Item>* items, int id, void (Rasterizer::*release)(int));

  const std::unique_ptr<Rasterizer> first_;
  const std::function<std::unique_ptr<Rasterizer>()> make_second_;
  const std::function<void(const std::string&)> on_fallback_;
  mutable std::shared_mutex mutex_;  // of all below
  std::unique_ptr<Rasterizer> second_;
  Items<ContourMesh> meshes_;
  Items<Target> targets_;
};

}  // namespace ceres_align
