// Rows of one job on one CPU thread: edges → fragments by pixel → sweep into a sink.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/cell_pairs.h"
#include "ceres_align/render/cpu_contour.h"
#include "ceres_align/render/crowded_cell.h"
#include "ceres_align/render/silhouette_cell.h"

namespace ceres_align {

/// Grow-only working memory of one thread, and the sweep that uses it.
class CpuSweep {
 public:
  /// Makes ready for rows of `contour`, which is borrowed until the next call.
  void Begin(const CpuContour& contour);

  /// Sweeps the given rows of the frame in order:
  ///   sink.Row(row)            before each row,
  ///   sink.Empty(begin, end)   rows [begin, end) that no edge touches and w = 0,
  ///   sink.Run(begin, end, covered)                 pixels of one row without outline,
  ///   sink.Cell(column, f, n, const CellOutline&)   the others, both in order of columns.
  template <typename Sink>
  void Rows(CpuContour::RowRange rows, Sink& sink);

  /// ∂(outline)/∂p of an edge named by a fragment, computed when first asked for. The reference
  /// holds until the next call.
  const EdgeVelocity& Velocity(int edge);
  const ImageEdge& Edge(int edge) const { return contour_->edges()[edge]; }

 private:
  // Fragments [begin, end) of row_ lie in pixel `column`, between `left` and `right` of it: what is
  // beyond is covered. w: at the upper end of `left`.
  struct Cell {
    int column, w, begin, end;
    double left = 0, right = 1;
  };
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

  const CpuContour* contour_ = nullptr;
  uint64_t serial_ = 0;  // of the contour
  int width_ = 0;
  std::vector<int32_t> velocity_of_;  // −1: not yet computed
  std::vector<EdgeVelocity> velocities_;

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
void CpuSweep::Rows(CpuContour::RowRange rows, Sink& sink) {
  const int window = contour_->view().window;
  int empty_from = rows.begin;
  for (int r = rows.begin; r < rows.end; ++r) {
    const int w_left = contour_->LeftW(r);
    if (window > 1 && r % window != window / 2) continue;
    if (contour_->RowBegin(r) == contour_->RowEnd(r) && w_left == 0) continue;
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
    if (column < width_) run(width_, w_right_ != 0);
    if (run_begin < column) sink.Run(run_begin, column, run_covered);
  }
  if (empty_from < rows.end) sink.Empty(empty_from, rows.end);
}

}  // namespace ceres_align
