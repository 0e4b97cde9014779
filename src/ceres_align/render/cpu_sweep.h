// One job on one CPU thread: image edges → rows → fragments by pixel → sweep into a sink.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/cpu_edges.h"
#include "ceres_align/render/crowded_cell.h"
#include "ceres_align/render/hidden_edges.h"
#include "ceres_align/render/inner_mask.h"
#include "ceres_align/render/silhouette_cell.h"

namespace ceres_align {

/// Grow-only working memory of one thread, and the sweep that uses it.
class CpuSweep {
 public:
  /// Finds the contour of `mesh` in `view` and the rows it passes. Afterwards Rows() can be called.
  /// Borrows the mesh until the next call.
  void Prepare(const ContourMesh& mesh, const ViewGeometry& view);

  /// Sweeps all rows of the frame in order:
  ///   sink.Row(row)            before each row,
  ///   sink.Empty(begin, end)   rows [begin, end) that no edge touches and w = 0,
  ///   sink.Run(begin, end, covered)                 pixels of one row without outline,
  ///   sink.Cell(column, f, n, const CellOutline&)   the others, both in order of columns.
  template <typename Sink>
  void Rows(Sink& sink);

  /// ∂(outline)/∂p of an edge named by a fragment.
  const EdgeVelocity& Velocity(int edge) { return edges_.Velocity(edge); }
  const ImageEdge& Edge(int edge) const { return edges_.edges()[edge]; }

 private:
  // Fragments [begin, end) of row_ lie in pixel `column`, between `left` and `right` of it: what is
  // beyond is covered. w: at the upper end of `left`.
  struct Cell {
    int column, w, begin, end;
    double left = 0, right = 1;
  };
  struct RowRange {
    int32_t begin, end;
  };
  RowRange RowsOf(const ImageEdge& edge);
  void SortIntoRows();
  // Splits row `row` into cells_; w_left: w at its upper left corner. Sets w_right_.
  void GatherRow(int row, int w_left);
  void SplitPiece(const ImageEdge& edge, int id, int row, const RowPiece& piece);
  void AddStep(int column, int dw);
  void AddHiddenSteps(int row);
  void GrowEmitted();
  void SortCells(int w_left);
  void GrowScratch(size_t fragments);
  RowProfile LeftProfile(const Cell& cell);
  void Cover(const Cell& cell, const RowProfile& profile, CellOutline* outline);

  ViewGeometry view_{};
  CpuEdges edges_;
  std::vector<RowRange> rows_;  // of each edge; room for more
  std::vector<int32_t> row_begin_, row_edge_;
  std::vector<int32_t> left_w_;  // per row, difference array: w from edges left of the frame

  // The current row.
  std::vector<Fragment> emitted_, row_;  // room for more
  size_t num_emitted_ = 0;
  std::vector<Cell> cells_;
  int w_right_ = 0;  // at the row's upper right corner
  struct Column {
    int32_t begin;  // of its fragments
    int32_t dw;     // of w along the row's top, from this column's cell on
  };
  std::vector<Column> columns_;        // zero between rows, as
  std::vector<uint64_t> column_bits_;  // which of them are not

  InnerMask mask_;
  HiddenEdges hidden_;
  const uint64_t* covered_ = nullptr;  // the row of it; null: nothing is known to be covered
  CellPairs pairs_;
  CrowdedCell crowded_;
  std::vector<int> places_;  // 0, 1, 2, …
  CellScratch scratch_{};
  std::vector<double> x_, piece0_, piece1_;
  std::vector<int> indices_;
  std::vector<RowProfile::Step> steps_;
};

template <typename Sink>
void CpuSweep::Rows(Sink& sink) {
  const int height = view_.height_px;
  int w_left = 0, empty_from = 0;
  for (int r = 0; r < height; ++r) {
    w_left += left_w_[r];
    if (view_.window > 1 && r % view_.window != view_.window / 2) continue;
    if (row_begin_[r] == row_begin_[r + 1] && w_left == 0) continue;
    if (empty_from < r) sink.Empty(empty_from, r);
    empty_from = r + 1;
    sink.Row(r);
    GatherRow(r, w_left);
    CellOutline outline{0, false, piece0_.data(), piece1_.data()};
    int column = 0;  // up to where the row is done
    int run_begin = 0;
    bool run_covered = false;
    const auto run = [&](int end, bool covered) {
      if (covered != run_covered) {
        if (run_begin < column) sink.Run(run_begin, column, run_covered);
        run_begin = column;
        run_covered = covered;
      }
      column = end;
    };
    for (const Cell& cell : cells_) {
      if (column < cell.column) run(cell.column, cell.w != 0);
      const Fragment* f = row_.data() + cell.begin;
      const int n = cell.end - cell.begin;
      Cover(cell, LeftProfile(cell), &outline);
      if (!outline.boundary) {  // then it is 0 or 1, but for rounding
        run(cell.column + 1, outline.area > 0.5);
        continue;
      }
      if (run_begin < column) sink.Run(run_begin, column, run_covered);
      sink.Cell(cell.column, f, n, outline);
      column = run_begin = cell.column + 1;
    }
    if (column < view_.width_px) run(view_.width_px, w_right_ != 0);
    if (run_begin < column) sink.Run(run_begin, column, run_covered);
  }
  if (empty_from < height) sink.Empty(empty_from, height);
}

}  // namespace ceres_align
