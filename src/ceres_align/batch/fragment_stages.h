// Stages 4 to 6: fragments written with their keys, put in order after the sort, rows found.
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Index i: a place for a fragment. A key that no fragment takes sorts behind all others.
struct ClearFragments {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    b.key[i] = ~uint64_t{0};
    b.order[i] = static_cast<int32_t>(i);
  }
};

/// Index e: a contour edge. Writes its fragments where the sums of counts say, and what it adds to
/// w left of the frame.
struct EmitFragments {
  Batch b;

  struct Writer {
    const Batch& b;
    int64_t at;
    int64_t first_row;  // of the batch
    int window;
    int edge;
    CA_HD void operator()(const Fragment& f) {
      if (at < b.fragment_room) {
        b.unsorted[at] = f;
        b.unsorted[at].edge = edge;
        b.key[at] = b.KeyOf(first_row + f.row / window, f.column);
      }
      ++at;
    }
  };
  struct LeftWriter {
    int64_t* step;  // of the job's first row
    PixelWindow window;
    int multiplicity;
    CA_HD void operator()(int begin, int end) {
      begin = window.FirstPixel(begin);
      end = window.FirstPixel(end);
      if (begin == end) return;
      AtomicAdd(step + begin, multiplicity);
      AtomicAdd(step + end, -multiplicity);
    }
  };

  CA_HD void operator()(int64_t e) const {
    if (e >= b.num_edges()) return;
    const int32_t j = b.edge_job[e];
    const ViewGeometry& view = b.jobs[j].view;
    Writer writer{b, b.fragment_begin[e], b.row_begin[j], view.window, static_cast<int>(e)};
    LeftWriter left{b.left_step + b.row_begin[j] + j, PixelWindow{view.window},
                    b.edges[e].multiplicity};
    SplitEdge(b.edges[e], static_cast<int>(e), view, writer, left);
  }
};

/// Index i: a fragment in sorted order.
struct GatherFragments {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    if (i < b.num_fragments()) b.fragment[i] = b.unsorted[b.sorted_order[i]];
  }
};

/// Index r: a row, or num_rows. Its first fragment.
struct FindRows {
  Batch b;
  CA_HD void operator()(int64_t r) const {
    const uint64_t first = b.KeyOf(r, -1);
    int64_t low = 0, high = b.num_fragments();
    while (low < high) {
      const int64_t middle = low + (high - low) / 2;
      if (b.sorted_key[middle] < first) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    b.row_fragment[r] = low;
  }
};

}  // namespace ceres_align::batch
