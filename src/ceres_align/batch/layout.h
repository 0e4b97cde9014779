// Places arrays in one block of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Hands out aligned pieces of a block from front to back. With a null block it only measures.
/// With guards (the block is the host's then) there is marked ground behind every piece, so that
/// the stages' tests on the host find what was written beyond an array.
class Layout {
 public:
  explicit Layout(void* block, bool has_guards = false)
      : block_(static_cast<char*>(block)), has_guards_(has_guards), is_guarded_(has_guards) {}

  template <typename T>
  T* Take(int64_t count) {
    T* const piece = block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + at_);
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    const size_t taken = (bytes + kAlign - 1) / kAlign * kAlign + (is_guarded_ ? kAlign : 0);
    if (is_guarded_ && block_ != nullptr) {
      guards_.emplace_back(block_ + at_ + bytes, taken - bytes);
      std::memset(block_ + at_ + bytes, kMark, taken - bytes);
    }
    at_ += taken;
    return piece;
  }
  /// Pieces from here on are used as one, and have no guards between them.
  void WithoutGuards() { is_guarded_ = false; }
  void WithGuards() { is_guarded_ = has_guards_; }

  size_t bytes() const { return at_; }

  /// No guard has been written to.
  bool GuardsStand() const {
    return std::all_of(guards_.begin(), guards_.end(), [](const auto& guard) {
      return std::all_of(guard.first, guard.first + guard.second,
                         [](char c) { return c == static_cast<char>(kMark); });
    });
  }

 private:
  static constexpr size_t kAlign = 256;
  static constexpr int kMark = 0x5C;
  char* block_;
  size_t at_ = 0;
  const bool has_guards_;
  bool is_guarded_;
  std::vector<std::pair<const char*, size_t>> guards_;
};

/// The counters, which are cleared as one.
inline void TakeCounters(Layout* layout, Batch* b) {
  layout->WithoutGuards();
  const size_t begin = layout->bytes();
  b->needs = layout->Take<Needs>(1);
  b->groups_done = layout->Take<int32_t>(b->num_jobs);
  b->chunks_done = layout->Take<int32_t>(b->num_jobs);
  b->jobs_done = layout->Take<int32_t>(1);
  b->left_step = layout->Take<int32_t>(b->num_lefts());
  b->row_room = layout->Take<int32_t>(b->num_rows);
  b->row_count = layout->Take<int32_t>(b->num_rows);
  b->cleared = reinterpret_cast<uint64_t*>(b->needs);
  b->cleared_words = static_cast<int64_t>((layout->bytes() - begin) / sizeof(uint64_t));
  layout->WithGuards();
}

/// The working arrays of a batch whose counts and capacities are set.
inline void TakeArrays(Layout* layout, Batch* b) {
  const int64_t edges = b->edge_capacity, n = b->fragment_capacity, rows = b->num_rows;
  TakeCounters(layout, b);
  b->edges = layout->Take<ImageEdge>(edges);
  b->velocity = layout->Take<EdgeVelocity>(edges);
  b->edge_id = layout->Take<uint64_t>(edges);
  b->edge_job = layout->Take<int32_t>(edges);
  b->row_first = layout->Take<int64_t>(rows);
  b->row_left = layout->Take<int32_t>(rows);
  b->unsorted = layout->Take<Fragment>(n);
  b->fragment = layout->Take<Fragment>(n);
  b->key = layout->Take<uint64_t>(n);
  b->sorted_key = layout->Take<uint64_t>(n);
  b->bucket_order = layout->Take<int32_t>(n);
  b->bucket_begin = layout->Take<int32_t>(n);
  b->net_step = layout->Take<RowProfile::Step>(2 * n);
  b->start_step = layout->Take<RowProfile::Step>(4 * n);
  b->work_step = layout->Take<RowProfile::Step>(2 * n);
  for (double** array : {&b->x, &b->crossing, &b->since, &b->piece0, &b->piece1}) {
    *array = layout->Take<double>(n);
  }
  for (int** array : {&b->sign, &b->active, &b->cell_order}) *array = layout->Take<int>(n);
}

}  // namespace ceres_align::batch
