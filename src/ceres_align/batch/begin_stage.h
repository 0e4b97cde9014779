// Stage 1: the batch's inputs fetched from the host's memory, its counters cleared.
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

struct BeginBatch {
  Batch b;
  struct Shared {};
  static constexpr int kWords = 4 * kBlockThreads;  ///< of each, a block

  static int64_t NumBlocks(const Batch& b) {
    return (Max(b.input_words, b.cleared_words) + kWords - 1) / kWords;
  }

  template <typename Block>
  CA_HD void operator()(const Block& block, int64_t index, Shared&) const {
    block.ForThreads([&](int t) {
      for (int64_t i = index * kWords + t; i < (index + 1) * kWords; i += kBlockThreads) {
        if (i < b.input_words) b.input[i] = b.staged_input[i];
        if (i < b.cleared_words) b.cleared[i] = 0;
      }
    });
  }
};

}  // namespace ceres_align::batch
