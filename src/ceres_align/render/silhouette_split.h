// Splits a projected edge at pixel rows and columns; one source for host and device.
#pragma once

#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// The part of an edge inside one pixel, in the pixel's own coordinates [0, 1]²: from (xa, ya)
/// down to (xb, yb), ya < yb. In column −1 (left of the frame) only ya, yb count.
struct Fragment {
  enum Touch : int { kNone = 0, kFromLeft, kToLeft };

  double xa, xb, ya, yb;
  double slope;  ///< of its edge
  int edge;
  int multiplicity;
  int row, column;
  Touch touch;  ///< how it meets the pixel's left side: comes in at (xa, ya), goes out at (xb, yb)
};

/// The part of an edge inside one row of pixels, in px, y relative to the row.
struct RowPiece {
  double xa, ya, xb, yb;
};
/// Row `row` of an edge that passes it (edge.y0 < row + 1, edge.y1 > row).
CA_HD inline RowPiece PieceInRow(const ImageEdge& edge, int row) {
  const bool from_above = edge.y0 < row, ends_here = !(row + 1 < edge.y1);
  RowPiece p;
  p.xa = from_above ? edge.x0 + (row - edge.y0) * edge.slope : edge.x0;
  p.ya = from_above ? 0.0 : edge.y0 - row;
  p.xb = ends_here ? edge.x1 : edge.x0 + (row + 1 - edge.y0) * edge.slope;
  p.yb = ends_here ? edge.y1 - row : 1.0;
  return p;
}

/// Splits a row's part of an edge at columns: emit(Fragment) for its pixels in the edge's order,
/// with no height only where they touch the pixel's left side. What lies right of the frame is
/// dropped.
template <typename Emit>
CA_HD inline void SplitRow(const ImageEdge& edge, int id, int row, int width, const RowPiece& piece,
                           Emit& emit) {
  const double xa = piece.xa, xb = piece.xb, ya = piece.ya, yb = piece.yb;
  const bool rightward = xb > xa;
  const double left = rightward ? xa : xb, right = rightward ? xb : xa;
  if (!(left < width)) return;
  int column = left < 0 ? -1 : static_cast<int>(left);
  const int last = right < 0 ? -1 : right < width ? static_cast<int>(right) : width;
  if (column == last) {
    emit(Fragment{xa - column, xb - column, ya, yb, edge.slope, id, edge.multiplicity, row, column,
                  Fragment::kNone});
    return;
  }
  const double inv_slope = 1.0 / edge.slope, row_y0 = edge.y0 - row;
  const int step = rightward ? 1 : -1;
  const int begin = rightward ? column : last, end = rightward ? last : column;
  double x = xa, y = ya;
  for (column = begin;; column += step) {
    // y where the edge leaves this column; the same expression gives the next one's entry.
    double x_out = xb, y_out = yb;
    if (column != end) {
      x_out = rightward ? column + 1 : column;
      y_out = Min(Max(row_y0 + (x_out - edge.x0) * inv_slope, y), yb);
    }
    const Fragment::Touch touch = rightward
                                      ? (column != begin ? Fragment::kFromLeft : Fragment::kNone)
                                      : (column != end ? Fragment::kToLeft : Fragment::kNone);
    if (column < width && (y_out > y || touch != Fragment::kNone)) {
      emit(Fragment{x - column, x_out - column, y, y_out, edge.slope, id, edge.multiplicity, row,
                    column, touch});
    }
    if (column == end) return;
    x = x_out;
    y = y_out;
  }
}

/// The columns of the frame that a row's part passes; −1 stands for all that is left of it. None
/// where first > last.
struct ColumnRange {
  int first, last;
  CA_HD int count() const { return first > last ? 0 : last - first + 1; }
};
CA_HD inline ColumnRange ColumnsOf(const RowPiece& piece, int width) {
  const double left = Min(piece.xa, piece.xb), right = Max(piece.xa, piece.xb);
  if (!(left < width)) return {0, -1};
  return {left < 0 ? -1 : static_cast<int>(left), right < 0       ? -1
                                                  : right < width ? static_cast<int>(right)
                                                                  : width - 1};
}

/// What SplitRow emits for one of ColumnsOf, bit for bit, without what lies before it: the y at
/// which an edge leaves a column grows with the columns it has passed, also as rounded. False: it
/// has no height there.
CA_HD inline bool FragmentInColumn(const ImageEdge& edge, int id, int row, int width,
                                   const RowPiece& piece, int column, Fragment* f) {
  const double xa = piece.xa, xb = piece.xb, ya = piece.ya, yb = piece.yb;
  const bool rightward = xb > xa;
  const double right = rightward ? xb : xa, left = rightward ? xa : xb;
  const int first = left < 0 ? -1 : static_cast<int>(left);
  const int last = right < 0 ? -1 : right < width ? static_cast<int>(right) : width;
  *f = Fragment{xa - column, xb - column,       ya,  yb,     edge.slope,
                id,          edge.multiplicity, row, column, Fragment::kNone};
  if (first == last) return yb > ya;
  const double inv_slope = 1.0 / edge.slope, row_y0 = edge.y0 - row;
  const auto y_at = [&](int x) { return Min(Max(row_y0 + (x - edge.x0) * inv_slope, ya), yb); };
  const int begin = rightward ? first : last, end = rightward ? last : first;
  if (column != begin) {
    const int x = rightward ? column : column + 1;
    f->xa = x - column;
    f->ya = y_at(x);
  }
  if (column != end) {
    const int x = rightward ? column + 1 : column;
    f->xb = x - column;
    f->yb = y_at(x);
  }
  if (rightward && column != begin) f->touch = Fragment::kFromLeft;
  if (!rightward && column != end) f->touch = Fragment::kToLeft;
  return f->yb > f->ya;
}

/// The rows of the frame that an edge passes (none: first > last), and those of them that it
/// passes wholly left of the frame.
struct EdgeRows {
  int first, last;
  int left_begin, left_end;
  CA_HD bool IsLeft(int row) const { return row >= left_begin && row < left_end; }
};
CA_HD inline EdgeRows RowsOf(const ImageEdge& edge, int height) {
  const double top = Max(edge.y0, 0.0);
  const double bottom = Min(edge.y1, static_cast<double>(height));
  if (!(top < bottom)) return {0, -1, 0, 0};
  EdgeRows rows{static_cast<int>(top), Min(static_cast<int>(bottom), height - 1), 0, 0};
  if (edge.x0 < 0 && edge.x1 < 0) {
    const int whole = Ceil(top);
    if (whole <= rows.last && whole + 1 < edge.y1) {
      rows.left_begin = whole;
      rows.left_end = static_cast<int>(bottom);
    }
  }
  return rows;
}

namespace internal {

/// Passes on what has a height.
template <typename Emit>
struct TallOnly {
  Emit& emit;
  CA_HD void operator()(const Fragment& f) {
    if (f.yb > f.ya) emit(f);
  }
};

}  // namespace internal

/// Calls emit(Fragment) for every pixel the edge passes, in order of y, and
/// emit_left(row_begin, row_end) for runs of whole rows that it passes left of the frame, where
/// it only adds its multiplicity to w. What lies above, below or right of the frame is dropped, and
/// so are the rows that the view's window leaves out.
template <typename Emit, typename EmitLeft>
CA_HD inline void SplitEdge(const ImageEdge& edge, int id, const ViewGeometry& view, Emit& emit,
                            EmitLeft& emit_left) {
  const int width = view.width_px, height = view.height_px;
  const double top = Max(edge.y0, 0.0);
  const double bottom = Min(edge.y1, static_cast<double>(height));
  if (!(top < bottom)) return;
  int row = static_cast<int>(top);
  const int last_row = Min(static_cast<int>(bottom), height - 1);
  const bool all_left = edge.x0 < 0 && edge.x1 < 0;
  internal::TallOnly<Emit> tall{emit};
  for (; row <= last_row; ++row) {
    if (all_left && edge.y0 <= row && row + 1 < edge.y1) {
      // Compared as double: y1 may be beyond int.
      const int end = static_cast<int>(bottom);
      emit_left(row, end);
      row = end - 1;
      continue;
    }
    if (view.window != 1 && row % view.window != view.window / 2) continue;
    const RowPiece piece = PieceInRow(edge, row);
    if (piece.yb > piece.ya) SplitRow(edge, id, row, width, piece, tall);
  }
}

}  // namespace ceres_align
