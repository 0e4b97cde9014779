// How much room a batch gets for what only its run finds out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Remembers what jobs of a kind (mesh, size of the image, window, lens) needed.
class RoomBook {
 public:
  struct Rooms {
    double items = 0, edges = 0, fragments = 0;
    int64_t most_in_row = kUnknown;
  };
  static constexpr int64_t kUnknown = INT64_MAX;
  using Kind = std::tuple<int, int, int, int, bool, bool, bool>;
  static Kind KindOf(const Job& job) {
    return {job.mesh,     job.view.width_px, job.view.height_px, job.view.window,
            job.in_front, job.clips,         job.view.has_lens};
  }

  /// What such jobs are expected to need; a rough guess the first time.
  Rooms Expected(const Job& job, int64_t num_items) const {
    const auto found = book_.find(KindOf(job));
    if (found != book_.end()) return found->second;
    const double items = static_cast<double>(num_items);
    Rooms rooms;
    rooms.items = std::min(items, 256 + items / 8);
    rooms.edges = std::min(kItemEdges * items, 128 + items);
    rooms.fragments = 2 * rooms.edges + 8.0 * job.rows();
    return AtLeastSome(rooms);
  }

  /// Call between batches: bounds the memory.
  void ForgetIfMany() {
    if (book_.size() > kMostKinds) book_.clear();
  }

  /// Notes that a batch of such jobs needed `ratio` times what was expected of it, and how many
  /// fragments its fullest row has. Kept: the most.
  void Note(const Job& job, const Rooms& expected, const Rooms& ratio) {
    Rooms needed = AtLeastSome({expected.items * ratio.items, expected.edges * ratio.edges,
                                expected.fragments * ratio.fragments});
    needed.most_in_row = ratio.most_in_row;
    const auto [place, is_new] = book_.try_emplace(KindOf(job), needed);
    Rooms& rooms = place->second;
    rooms.items = std::max(rooms.items, needed.items);
    rooms.edges = std::max(rooms.edges, needed.edges);
    rooms.fragments = std::max(rooms.fragments, needed.fragments);
    if (ratio.most_in_row == kUnknown) return;
    rooms.most_in_row = rooms.most_in_row == kUnknown
                            ? ratio.most_in_row
                            : std::max(rooms.most_in_row, ratio.most_in_row);
  }

  void Forget() { book_.clear(); }

  /// With a margin, and rounded up coarsely, so that batches much alike get the same room.
  static int64_t Rounded(double expected) {
    const auto wanted = static_cast<int64_t>(expected * 1.3) + 64;
    int64_t step = 64;
    while (step * 8 < wanted) step *= 2;
    return (wanted + step - 1) / step * step;
  }

 private:
  static constexpr size_t kMostKinds = 4096;
  // Never 0: what was expected is multiplied until it fits.
  static Rooms AtLeastSome(const Rooms& r) {
    constexpr double kSome = 16;
    return {std::max(r.items, kSome), std::max(r.edges, kSome), std::max(r.fragments, kSome),
            r.most_in_row};
  }
  std::map<Kind, Rooms> book_;
};

}  // namespace ceres_align::batch
