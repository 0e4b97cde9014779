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
  static constexpr int64_t kUnknown = INT64_MAX;
  double items = 0, edges = 0, fragments = 0;
  int64_t most_in_row = kUnknown;
};

/// Remembers what jobs of a kind (mesh, size of the image, window, lens) needed.
class SizeEstimates {
 public:
  using Kind = std::tuple<int, int, int, int, bool, bool, bool>;
  static Kind KindOf(const Job& job) {
    return {job.mesh,     job.view.width_px, job.view.height_px, job.view.window,
            job.in_front, job.clips,         job.view.has_lens};
  }

  /// What such jobs are expected to need; a rough guess the first time.
  BatchSizes Expected(const Job& job, int64_t num_items) const {
    const auto found = known_.find(KindOf(job));
    if (found != known_.end()) return found->second;
    const double items = static_cast<double>(num_items);
    BatchSizes sizes;
    sizes.items = std::min(items, 256 + items / 8);
    sizes.edges = std::min(kItemEdges * items, 128 + items);
    sizes.fragments = 2 * sizes.edges + 8.0 * job.rows();
    return AtLeastSome(sizes);
  }

  /// Call between batches: bounds the memory.
  void ForgetIfMany() {
    if (known_.size() > kMostKinds) known_.clear();
  }

  /// Notes that a batch of such jobs needed `ratio` times what was expected of it, and how many
  /// fragments its fullest row has. Kept: the most.
  void Note(const Job& job, const BatchSizes& expected, const BatchSizes& ratio) {
    BatchSizes needed = AtLeastSome({expected.items * ratio.items, expected.edges * ratio.edges,
                                     expected.fragments * ratio.fragments});
    needed.most_in_row = ratio.most_in_row;
    const auto [place, is_new] = known_.try_emplace(KindOf(job), needed);
    BatchSizes& sizes = place->second;
    sizes.items = std::max(sizes.items, needed.items);
    sizes.edges = std::max(sizes.edges, needed.edges);
    sizes.fragments = std::max(sizes.fragments, needed.fragments);
    if (ratio.most_in_row == BatchSizes::kUnknown) return;
    sizes.most_in_row = sizes.most_in_row == BatchSizes::kUnknown
                            ? ratio.most_in_row
                            : std::max(sizes.most_in_row, ratio.most_in_row);
  }

  void Forget() { known_.clear(); }

  /// With a margin, and rounded up coarsely, so that batches much alike get the same.
  static int64_t Rounded(double expected) {
    const auto wanted = static_cast<int64_t>(expected * 1.3) + 64;
    int64_t step = 64;
    while (step * 8 < wanted) step *= 2;
    return (wanted + step - 1) / step * step;
  }

 private:
  static constexpr size_t kMostKinds = 4096;
  // Never 0: what was expected is multiplied until it fits.
  static BatchSizes AtLeastSome(const BatchSizes& r) {
    constexpr double kSome = 16;
    return {std::max(r.items, kSome), std::max(r.edges, kSome), std::max(r.fragments, kSome),
            r.most_in_row};
  }
  std::map<Kind, BatchSizes> known_;
};

}  // namespace ceres_align::batch
