#include "ceres_align/render/hidden_edges.h"

#include "ceres_align/render/silhouette_split.h"

namespace ceres_align {

void HiddenEdges::Reset(const InnerMask& mask, const ViewGeometry& view) {
  mask_ = mask.is_empty() ? nullptr : &mask;
  width_ = view.width_px;
  height_ = view.height_px;
  window_ = view.window;
  num_steps_ = 0;
}

bool HiddenEdges::Take(const ImageEdge& edge) {
  if (!(edge.y0 >= 0 && edge.y1 < height_)) return false;
  const int end = Ceil(edge.y1);
  int row = static_cast<int>(edge.y0);
  if (window_ > 1) row += (window_ / 2 - row % window_ + window_) % window_;
  size_t n = num_steps_;
  for (; row < end; row += window_) {
    const RowPiece piece = PieceInRow(edge, row);
    if (!(piece.yb > piece.ya)) continue;
    const double left = Min(piece.xa, piece.xb), right = Max(piece.xa, piece.xb);
    if (!(left >= 0 && right < width_)) return false;
    const uint64_t* covered = mask_->Row(row);
    if (!IsCovered(covered, left, right)) return false;
    if (piece.ya != 0) continue;
    if (n == steps_.size()) steps_.resize(2 * n + 1024);
    steps_[n++] = {row, StepColumn(covered, piece.xa), edge.multiplicity};
  }
  num_steps_ = n;
  return true;
}

void HiddenEdges::SortByRow() {
  row_begin_.assign(height_ + 2, 0);
  if (sorted_.size() < num_steps_) sorted_.resize(steps_.size());
  for (size_t i = 0; i < num_steps_; ++i) ++row_begin_[steps_[i].row + 2];
  for (int r = 0; r < height_; ++r) row_begin_[r + 2] += row_begin_[r + 1];
  for (size_t i = 0; i < num_steps_; ++i) sorted_[row_begin_[steps_[i].row + 1]++] = steps_[i];
}

}  // namespace ceres_align
