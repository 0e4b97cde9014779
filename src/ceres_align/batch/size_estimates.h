// How much memory a batch gets for what only its run finds out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// What a batch or a job is expected to have. See Needs.
struct BatchSizes {
  double edges = 0, fragments = 0;
};

/// Remembers what jobs of a kind needed: of meshes with as many faces and edges, of views of one
/// size, window and lens. Meshes that were released and come again are no news.
class SizeEstimates {
 public:
  using Kind = std::tuple<int, int, int, int, int, int, bool, bool, bool>;
  static Kind KindOf(const MeshView& mesh, const Job& job) {
    return {mesh.num_faces,    mesh.num_edges,     mesh.num_clusters,
            job.view.width_px, job.view.height_px, job.view.window,
            job.in_front,      job.clips,          job.view.has_lens};
  }

  /// What such jobs are expected to need; a rough guess the first time.
  BatchSizes Expected(const Kind& kind, const Job& job, int64_t num_items) const {
    const auto found = known_.find(kind);
    if (found != known_.end()) return found->second;
    const auto items = static_cast<double>(num_items);
    BatchSizes sizes;
    sizes.edges = std::min(kItemEdges * items, 64 + 3 * items) * (job.view.has_lens ? 2 : 1);
    sizes.fragments = 2 * sizes.edges + 4.0 * job.rows();
    return AtLeastSome(sizes);
  }

  /// Call between batches: bounds the memory.
  void ForgetIfMany() {
    if (known_.size() > kMostKinds) known_.clear();
  }

  /// Notes that a batch of such jobs needed `ratio` times what was expected of it. Kept: the most.
  void Note(const Kind& kind, const BatchSizes& expected, const BatchSizes& ratio) {
    const BatchSizes needed =
        AtLeastSome({expected.edges * ratio.edges, expected.fragments * ratio.fragments});
    BatchSizes& sizes = known_.try_emplace(kind, needed).first->second;
    sizes.edges = std::max(sizes.edges, needed.edges);
    sizes.fragments = std::max(sizes.fragments, needed.fragments);
  }

  /// With a margin, and rounded up coarsely, so that batches much alike get the same.
  static int64_t Rounded(double expected) {
    const auto wanted = static_cast<int64_t>(expected * 1.3) + 64;
    int64_t step = 64;
    while (step * 4 < wanted) step *= 2;
    return (wanted + step - 1) / step * step;
  }

 private:
  static constexpr size_t kMostKinds = 4096;
  // Never 0: what was expected is multiplied until it fits.
  static BatchSizes AtLeastSome(const BatchSizes& r) {
    constexpr double kSome = 16;
    return {std::max(r.edges, kSome), std::max(r.fragments, kSome)};
  }
  std::map<Kind, BatchSizes> known_;
};

}  // namespace ceres_align::batch
