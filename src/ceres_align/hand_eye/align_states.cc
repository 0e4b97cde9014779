#include "ceres_align/hand_eye/align_states.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "ceres_align/scene/scene_checks.h"

namespace ceres_align {
namespace {

// Poses of the search that go on to all views.
constexpr size_t kMostStarts = 4;

double AreaOf(const View& view) {
  double area = 0;
  for (size_t p = 0; p < view.mask.pixels.size(); ++p) {
    if (view.weight.empty() || view.weight.pixels[p] > 0) area += view.mask.pixels[p];
  }
  return area;
}

// The views with the largest masks, in the scene's order; all that have one if those are few.
std::vector<size_t> ViewsToSearch(const Scene& scene) {
  std::vector<double> areas;
  for (const View& view : scene.views) areas.push_back(AreaOf(view));
  std::vector<size_t> order(areas.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return areas[a] > areas[b]; });
  const auto empty =
      std::find_if(order.begin(), order.end(), [&](size_t i) { return !(areas[i] > 0); });
  order.erase(empty, order.end());
  if (order.size() > kSearchedViews) order.resize(kSearchedViews);
  std::sort(order.begin(), order.end());
  return order;
}

AlignResult Search(const Scene& scene, const std::vector<size_t>& indices,
                   const PreparedMeshes& meshes, Rasterizer* rasterizer, AlignOptions options,
                   const AlignCallback& callback) {
  Scene part = scene;
  PreparedMeshes shown(meshes.size());
  part.views.clear();
  for (const size_t i : indices) {
    part.views.push_back(scene.views[i]);
    shown[scene.views[i].mesh_index] = meshes[scene.views[i].mesh_index];
  }
  options.covariance = false;
  return Align(part, shown, rasterizer, options, callback);
}

// Of all alignments that were run, in the result of one of them.
class Work {
 public:
  void Add(const AlignResult& done) {
    iterations_ += done.iterations;
    evaluations_ += done.evaluations;
    prepare_seconds_ += done.prepare_seconds;
    seconds_ += done.solve_seconds + done.assess_seconds;
  }
  void WriteTo(AlignResult* result) const {
    result->iterations = iterations_;
    result->evaluations = evaluations_;
    result->prepare_seconds = prepare_seconds_;
    result->solve_seconds = seconds_ - result->assess_seconds;
  }

 private:
  int iterations_ = 0, evaluations_ = 0;
  double prepare_seconds_ = 0, seconds_ = 0;
};

bool Beats(const AlignResult& a, const AlignResult& b) {
  if (a.prior_broken.empty() != b.prior_broken.empty()) return a.prior_broken.empty();
  return a.final_cost < b.final_cost;
}

}  // namespace

AlignResult AlignStates(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                        const AlignOptions& options, const AlignCallback& callback) {
  CheckScene(scene);
  const std::vector<size_t> searched = ViewsToSearch(scene);
  if (scene.initial_rig_from_world || searched.size() < kSearchedViews ||
      scene.views.size() <= kSearchedViews || meshes.size() != scene.meshes.size()) {
    return Align(scene, meshes, rasterizer, options, callback);
  }
  const AlignResult search = Search(scene, searched, meshes, rasterizer, options, callback);
  std::vector<Rigid3d> starts = {search.rig_from_world};
  for (const Alternative& other : search.alternatives) {
    if (other.fits && starts.size() < kMostStarts) starts.push_back(other.rig_from_world);
  }
  Work work;
  work.Add(search);
  Scene started = scene;
  std::optional<AlignResult> best;
  for (const Rigid3d& start : starts) {
    started.initial_rig_from_world = start;
    AlignResult result = Align(started, meshes, rasterizer, options, callback);
    work.Add(result);
    const bool stopped = result.status == AlignStatus::kStopped;
    if (!best || Beats(result, *best)) best = std::move(result);
    if (stopped) break;
  }
  work.WriteTo(&*best);
  best->searched = true;
  return std::move(*best);
}

}  // namespace ceres_align
