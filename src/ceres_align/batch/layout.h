// Places arrays in one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ceres_align/batch/types.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace ceres_align::batch {

/// Hands out aligned pieces of a block from front to back. With a null block it only measures.
/// Under AddressSanitizer there is forbidden ground behind every piece (the block is the host's
/// then), so that the stages' tests on the host find what goes beyond an array.
class Layout {
 public:
  explicit Layout(void* block) : block_(static_cast<char*>(block)) {}

  template <typename T>
  T* Take(int64_t count) {
    T* const piece = block_ == nullptr ? nullptr : reinterpret_cast<T*>(block_ + at_);
    const size_t bytes = static_cast<size_t>(count) * sizeof(T);
    const size_t taken = (bytes + kAlign - 1) / kAlign * kAlign + (is_guarded_ ? kGuard : 0);
    Guard(at_, bytes, taken);
    at_ += taken;
    return piece;
  }
  /// Pieces from here on are copied as one and have no guards between them.
  void WithoutGuards() { is_guarded_ = false; }
  void WithGuards() { is_guarded_ = true; }

  size_t bytes() const { return at_; }

 private:
  static constexpr size_t kAlign = 256;
#if defined(__SANITIZE_ADDRESS__)
  static constexpr size_t kGuard = kAlign;
  void Guard(size_t at, size_t bytes, size_t taken) const {
    if (block_ == nullptr) return;
    ASAN_UNPOISON_MEMORY_REGION(block_ + at, taken);
    if (is_guarded_) ASAN_POISON_MEMORY_REGION(block_ + at + bytes, taken - bytes);
  }
#else
  static constexpr size_t kGuard = 0;
  void Guard(size_t, size_t, size_t) const {}
#endif

  char* block_;
  size_t at_ = 0;
  bool is_guarded_ = true;
};

/// Entries of the three arrays that are summed in one go.
inline int64_t NumSummed(const Batch& b) {
  return b.edge_capacity + 1 + b.num_lefts() + b.num_rows + 1;
}

/// The working arrays of a batch whose counts and capacities are set.
inline void TakeArrays(Layout* layout, Batch* b) {
  const int64_t slots = kItemEdges * b->item_capacity, edges = b->edge_capacity,
                n = b->fragment_capacity;
  const int64_t steps = 2 * (n + b->num_rows);
  b->item_flag = layout->Take<uint8_t>(b->num_items);
  b->items = layout->Take<int32_t>(b->num_items);
  b->slot_flag = layout->Take<uint8_t>(slots);
  b->slots = layout->Take<int32_t>(slots);
  b->counts = layout->Take<int32_t>(2);
  b->piece_count = layout->Take<int64_t>(b->has_lens ? edges + 1 : 0);
  b->piece_sum = layout->Take<int64_t>(b->has_lens ? edges + 1 : 0);
  b->edges = layout->Take<ImageEdge>(edges);
  b->velocity = layout->Take<EdgeVelocity>(edges);
  b->edge_job = layout->Take<int32_t>(edges);
  b->fragment_count = layout->Take<int64_t>(NumSummed(*b));
  b->left_step = b->fragment_count + edges + 1;
  b->row_count = b->left_step + b->num_lefts();
  b->fragment_sum = layout->Take<int64_t>(NumSummed(*b));
  b->left_sum = b->fragment_sum + edges + 1;
  b->row_sum = b->left_sum + b->num_lefts();
  b->unsorted = layout->Take<Fragment>(n);
  b->fragment = layout->Take<Fragment>(n);
  b->key = layout->Take<uint64_t>(n);
  b->sorted_key = layout->Take<uint64_t>(n);
  b->order = layout->Take<int32_t>(n);
  b->sorted_order = layout->Take<int32_t>(n);
  b->row_of = layout->Take<int32_t>(n);
  b->row_cursor = layout->Take<int64_t>(b->num_rows);
  b->row_top = layout->Take<int32_t>(b->num_rows);
  b->row_is_serial = layout->Take<uint8_t>(b->num_rows);
  b->step = layout->Take<RowProfile::Step>(steps);
  b->kept_step = layout->Take<RowProfile::Step>(steps);
  b->snapshot = layout->Take<ProfileSnapshot>(n);
  for (double** array : {&b->x, &b->crossing, &b->since, &b->piece0, &b->piece1}) {
    *array = layout->Take<double>(n);
  }
  for (int** array : {&b->sign, &b->active, &b->cell_order}) *array = layout->Take<int>(n);
}

}  // namespace ceres_align::batch
