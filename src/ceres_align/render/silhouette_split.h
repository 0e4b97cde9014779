// Splits a projected edge at pixel rows and columns; one source for host and device.
#pragma once

#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// The part of an edge inside one pixel, in the pixel's own coordinates [0, 1]²: from (xa, ya)
/// down to (xb, yb), ya < yb. In column −1 (left of the frame) only ya, yb count.
struct Fragment {
  double xa, xb, ya, yb;
  int edge;
  int multiplicity;
  int row, column;
};

namespace internal {

/// The part of the edge inside row `row`, from (xa, ya) to (xb, yb) in px, ya and yb relative to
/// the row. Emits its pixels in the edge's order.
template <typename Emit>
CA_HD inline void SplitRow(const ImageEdge& edge, int id, int row, int width, double xa, double ya,
                           double xb, double yb, Emit& emit) {
  const bool rightward = xb > xa;
  double x = xa, y = ya;
  const double left = rightward ? xa : xb, right = rightward ? xb : xa;
  if (!(left < width)) return;
  int column = left < 0 ? -1 : static_cast<int>(left);
  const int last = right < 0 ? -1 : right < width ? static_cast<int>(right) : width;
  if (column == last) {
    emit(Fragment{xa - column, xb - column, ya, yb, id, edge.multiplicity, row, column});
    return;
  }
  const double inv_slope = 1.0 / edge.slope, row_y0 = edge.y0 - row;
  const int step = rightward ? 1 : -1;
  const int end = rightward ? last : column;
  column = rightward ? column : last;
  for (;; column += step) {
    // y where the edge leaves this column; the same expression gives the next one's entry.
    double x_out = xb, y_out = yb;
    if (column != end) {
      x_out = rightward ? column + 1 : column;
      y_out = Min(Max(row_y0 + (x_out - edge.x0) * inv_slope, y), yb);
    }
    if (column < width && y_out > y) {
      emit(Fragment{x - column, x_out - column, y, y_out, id, edge.multiplicity, row, column});
    }
    if (column == end) return;
    x = x_out;
    y = y_out;
  }
}

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
  double x = top > edge.y0 ? edge.x0 + (top - edge.y0) * edge.slope : edge.x0;
  double y = top - row;
  const bool all_left = edge.x0 < 0 && edge.x1 < 0;
  for (; row <= last_row; ++row) {
    const bool ends_here = !(row + 1 < edge.y1);
    const double x_out = ends_here ? edge.x1 : edge.x0 + (row + 1 - edge.y0) * edge.slope;
    const double y_out = ends_here ? edge.y1 - row : 1.0;
    if (all_left && y == 0.0 && !ends_here) {
      // Compared as double: y1 may be beyond int.
      const int end = static_cast<int>(bottom);
      emit_left(row, end);
      row = end - 1;
      x = edge.x0 + (end - edge.y0) * edge.slope;
      continue;
    }
    const bool swept = view.window == 1 || row % view.window == view.window / 2;
    if (swept && y_out > y) internal::SplitRow(edge, id, row, width, x, y, x_out, y_out, emit);
    x = x_out;
    y = 0.0;
  }
}

}  // namespace ceres_align
