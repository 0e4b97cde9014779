// Stages 4 and 5: fragments written, and put in order: by row, column and order of emission.
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Index e: a contour edge. Writes its fragments: in order of emission, with keys to sort by; or
/// into their rows, in whatever order, with keys to compare by within a row.
struct EmitFragments {
  Batch b;

  struct Writer {
    const Batch& b;
    int64_t number;     // of the fragment, in order of emission
    int64_t first_row;  // of the batch
    int window;
    int edge;
    CA_HD void operator()(const Fragment& f) {
      const int64_t row = first_row + f.row / window;
      int64_t at = number;
      if (b.by_rows) {
        at = b.FirstOfRow(row) + AtomicAdd(b.row_cursor + row, 1);
        b.row_of[at] = static_cast<int32_t>(row);
        b.key[at] = static_cast<uint64_t>(f.column + 1) << 32 | static_cast<uint64_t>(number);
      } else {
        b.key[at] = b.KeyOf(row, f.column);
      }
      b.unsorted[at] = f;
      b.unsorted[at].edge = edge;
      ++number;
    }
  };
  struct NoLeft {
    CA_HD void operator()(int, int) {}
  };

  CA_HD void operator()(int64_t e) const {
    if (e >= b.num_edges() || b.num_fragments() == 0) return;
    const int32_t j = b.edge_job[e];
    const ViewGeometry& view = b.jobs[j].view;
    Writer writer{b, b.fragment_sum[e], b.row_begin[j], view.window, static_cast<int>(e)};
    NoLeft left;  // ProjectEdges has counted that
    SplitEdge(b.edges[e], static_cast<int>(e), view, writer, left);
  }
};

/// Index i: a place after sorting. Fetches its fragment.
struct GatherFragments {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    if (i < b.num_fragments()) b.fragment[i] = b.unsorted[b.sorted_order[i]];
  }
};

/// Index i: a fragment in its row. Its place is the number of those in the row with lower keys.
struct RankFragments {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    if (i >= b.num_fragments()) return;
    const int32_t row = b.row_of[i];
    const int64_t begin = b.FirstOfRow(row), end = b.FirstOfRow(row + 1);
    const uint64_t key = b.key[i];
    int64_t place = begin;
    for (int64_t k = begin; k < end; ++k) place += b.key[k] < key ? 1 : 0;
    b.fragment[place] = b.unsorted[i];
    b.sorted_key[place] = b.KeyOf(row, static_cast<int>(key >> 32) - 1);
  }
};

}  // namespace ceres_align::batch
