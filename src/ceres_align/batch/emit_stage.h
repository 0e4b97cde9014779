// Stage 3: fragments written into their rows, in whatever order.
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Index i: so many edges of the image as a block has threads.
struct EmitFragments {
  Batch b;

  static int64_t NumBlocks(const Batch& b) {
    return (b.edge_capacity + kBlockThreads - 1) / kBlockThreads;
  }
  /// Edges with more rows, or columns on the way, are split by the whole block.
  static constexpr int kMostAlone = 16;

  struct Shared {
    int32_t num_long;
    int32_t long_edge[kBlockThreads];  // of the block's
  };

  template <typename Block>
  CA_HD void operator()(const Block& block, int64_t index, Shared& s) const {
    if (!b.Fits()) return;
    const int64_t first = index * kBlockThreads;
    const auto num_edges = static_cast<int>(Min<int64_t>(b.needs->edges - first, kBlockThreads));
    if (num_edges <= 0) return;
    block.ForThreads([&](int t) {
      if (t == 0) s.num_long = 0;
    });
    block.ForThreads([&](int t) {
      if (t >= num_edges) return;
      const ImageEdge& edge = b.edges[first + t];
      const ViewGeometry& view = ViewOf(first + t);
      const EdgeRows rows = RowsOf(edge, view.height_px);
      const double columns = Min<double>(view.width_px, fabs(edge.x1 - edge.x0));
      if (rows.last - rows.first >= kMostAlone || columns > kMostAlone) {
        s.long_edge[AtomicAdd(&s.num_long, 1)] = t;
        return;
      }
      for (int row = rows.first; row <= rows.last; ++row) EmitRow(first + t, rows, row);
    });
    const int num_long = s.num_long;
    for (int i = 0; i < num_long; ++i) {
      EmitLong(block, first + s.long_edge[i]);
    }
  }

  CA_HD const ViewGeometry& ViewOf(int64_t e) const { return b.jobs[b.edge_job[e]].view; }

  /// The edge's part in a row that is swept; false: there is none.
  CA_HD bool PieceOf(int64_t e, const EdgeRows& rows, int row, RowPiece* piece) const {
    const int window = ViewOf(e).window;
    if (rows.IsLeft(row) || (window != 1 && row % window != window / 2)) return false;
    *piece = PieceInRow(b.edges[e], row);
    return piece->yb > piece->ya;
  }

  struct Writer {
    const EmitFragments& stage;
    int64_t row;
    int64_t e;
    CA_HD void operator()(const Fragment& f) {
      if (f.yb > f.ya) stage.Write(f, row, e);
    }
  };
  CA_HD int64_t RowOf(int64_t e, int row) const {
    const int32_t j = b.edge_job[e];
    return b.row_begin[j] + row / b.jobs[j].view.window;
  }
  CA_HD void Write(const Fragment& f, int64_t row, int64_t e) const {
    const int64_t place = b.row_first[row] + AtomicAdd(b.row_count + row, 1);
    b.unsorted[place] = f;
    b.key[place] = FragmentKey::Of(f.column, b.edge_id[e]);
  }

  CA_HD void EmitRow(int64_t e, const EdgeRows& rows, int row) const {
    RowPiece piece{};
    if (!PieceOf(e, rows, row, &piece)) return;
    Writer writer{*this, RowOf(e, row), e};
    SplitRow(b.edges[e], static_cast<int>(e), row, ViewOf(e).width_px, piece, writer);
  }

  /// All threads on one edge: over its rows where there are many, else over each row's columns.
  template <typename Block>
  CA_HD void EmitLong(const Block& block, int64_t e) const {
    const int width = ViewOf(e).width_px;
    const EdgeRows rows = RowsOf(b.edges[e], ViewOf(e).height_px);
    const int num_rows = rows.last - rows.first + 1;
    const double columns = Min<double>(width, fabs(b.edges[e].x1 - b.edges[e].x0));
    block.ForThreads([&](int t) {
      if (num_rows >= kBlockThreads / 2 || columns <= 2.0 * num_rows) {
        for (int row = rows.first + t; row <= rows.last; row += kBlockThreads) {
          EmitRow(e, rows, row);
        }
        return;
      }
      for (int row = rows.first; row <= rows.last; ++row) EmitColumns(e, rows, row, width, t);
    });
  }

  CA_HD void EmitColumns(int64_t e, const EdgeRows& rows, int row, int width, int thread) const {
    RowPiece piece{};
    if (!PieceOf(e, rows, row, &piece)) return;
    const ColumnRange columns = ColumnsOf(piece, width);
    const int64_t batch_row = RowOf(e, row);
    for (int c = columns.first + thread; c <= columns.last; c += kBlockThreads) {
      Fragment f;
      if (FragmentInColumn(b.edges[e], static_cast<int>(e), row, width, piece, c, &f)) {
        Write(f, batch_row, e);
      }
    }
  }
};

}  // namespace ceres_align::batch
