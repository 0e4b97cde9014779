#include "ceres_align/backends/fallback_rasterizer.h"

#include <mutex>
#include <utility>

namespace ceres_align {

FallbackRasterizer::FallbackRasterizer(std::unique_ptr<Rasterizer> first,
                                       std::function<std::unique_ptr<Rasterizer>()> make_second,
                                       std::function<void(const std::string&)> on_fallback)
    : first_(std::move(first)),
      make_second_(std::move(make_second)),
      on_fallback_(std::move(on_fallback)) {}

Rasterizer& FallbackRasterizer::Current() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return second_ != nullptr ? *second_ : *first_;
}

// Calls again, on the second rasterizer, where the first has no room.
template <typename Call>
void FallbackRasterizer::Try(const Call& call) {
  Rasterizer& current = Current();
  try {
    return call(current);
  } catch (const DoesNotFit& error) {
    if (&current != first_.get()) throw;
    SwitchFrom(&current, error.what());
  }
  call(Current());
}

void FallbackRasterizer::SwitchFrom(const Rasterizer* failed, const std::string& why) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  if (second_ != nullptr || failed != first_.get()) return;  // another thread was earlier
  std::unique_ptr<Rasterizer> second = make_second_();
  for (auto& [id, mesh] : meshes_) mesh.second_id = second->AddMesh(mesh.item);
  for (auto& [id, target] : targets_) target.second_id = second->AddTarget(target.item);
  second_ = std::move(second);
  if (on_fallback_) on_fallback_(why);
}

template <typename Item>
int FallbackRasterizer::Add(Items<Item>* items, std::shared_ptr<const Item> item,
                            int (Rasterizer::*add)(std::shared_ptr<const Item>)) {
  int id = -1;
  Try([&](Rasterizer& current) {
    const int given = (current.*add)(item);
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    if (second_ == nullptr) {
      id = given;
      (*items)[id] = {item, -1};
      return;
    }
    // Another thread may have switched since: the item has come too late for that.
    const bool is_late = &current == first_.get();
    id = 0;
    while (items->count(id) > 0) ++id;
    (*items)[id] = {item, is_late ? (second_.get()->*add)(item) : given};
  });
  return id;
}

template <typename Item>
void FallbackRasterizer::Release(Items<Item>* items, int id, void (Rasterizer::*release)(int)) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  const auto found = items->find(id);
  CHECK(found != items->end()) << "id " << id;
  if (second_ != nullptr) {
    (second_.get()->*release)(found->second.second_id);
  } else {
    (first_.get()->*release)(id);
  }
  items->erase(found);
}

RasterJob FallbackRasterizer::Translated(const Rasterizer& current, RasterJob job,
                                         bool has_target) const {
  if (&current == first_.get()) return job;
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto mesh = meshes_.find(job.mesh);
  CHECK(mesh != meshes_.end()) << "id " << job.mesh;
  job.mesh = mesh->second.second_id;
  if (!has_target) return job;
  const auto target = targets_.find(job.target);
  CHECK(target != targets_.end()) << "id " << job.target;
  job.target = target->second.second_id;
  return job;
}
std::vector<RasterJob> FallbackRasterizer::Translated(const Rasterizer& current,
                                                      const std::vector<RasterJob>& jobs,
                                                      bool have_targets) const {
  std::vector<RasterJob> translated;
  translated.reserve(jobs.size());
  for (const RasterJob& job : jobs) translated.push_back(Translated(current, job, have_targets));
  return translated;
}

std::string FallbackRasterizer::name() const { return Current().name(); }

MeshId FallbackRasterizer::AddMesh(std::shared_ptr<const ContourMesh> mesh) {
  return Add(&meshes_, std::move(mesh), &Rasterizer::AddMesh);
}
TargetId FallbackRasterizer::AddTarget(std::shared_ptr<const Target> target) {
  return Add(&targets_, std::move(target), &Rasterizer::AddTarget);
}
void FallbackRasterizer::ReleaseMesh(MeshId id) { Release(&meshes_, id, &Rasterizer::ReleaseMesh); }
void FallbackRasterizer::ReleaseTarget(TargetId id) {
  Release(&targets_, id, &Rasterizer::ReleaseTarget);
}

Eigen::Vector3d FallbackRasterizer::MeshCenter(MeshId id) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto mesh = meshes_.find(id);
  CHECK(mesh != meshes_.end()) << "id " << id;
  const Vec3 center = mesh->second.item->center;
  return {center.x, center.y, center.z};
}

void FallbackRasterizer::Evaluate(const std::vector<RasterJob>& jobs,
                                  std::vector<GramResult>* results) {
  Try([&](Rasterizer& current) {
    if (&current == first_.get()) return current.Evaluate(jobs, results);
    current.Evaluate(Translated(current, jobs, true), results);
  });
}

void FallbackRasterizer::ForEach(size_t n, const std::function<void(size_t)>& body) {
  Current().ForEach(n, body);
}

Image<double> FallbackRasterizer::Coverage(const RasterJob& job, std::vector<double>* jacobian) {
  Image<double> image;
  Try([&](Rasterizer& current) {
    image = current.Coverage(Translated(current, job, false), jacobian);
  });
  return image;
}

void FallbackRasterizer::Outline(const RasterJob& job, std::vector<OutlineSample>* samples) {
  Rasterizer& current = Current();
  current.Outline(Translated(current, job, false), samples);
}

void FallbackRasterizer::CoverageBatch(const std::vector<RasterJob>& jobs,
                                       std::vector<ImageF>* images) {
  Try([&](Rasterizer& current) {
    if (&current == first_.get()) return current.CoverageBatch(jobs, images);
    current.CoverageBatch(Translated(current, jobs, false), images);
  });
}

}  // namespace ceres_align
