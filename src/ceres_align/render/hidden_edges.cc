#include "ceres_align/render/hidden_edges.h"

#include "ceres_align/render/for_each_cpu.h"
#include "ceres_align/render/silhouette_split.h"

namespace ceres_align {
namespace {

// Rows and parts that edges touch, last row included; first_part −1: not wholly in the frame.
CA_FOR_EACH_CPU
void FindRectangles(const EdgeArrays& edges, int n, double width, double height,
                    int32_t* __restrict row, int32_t* __restrict last_row,
                    int32_t* __restrict first_part, int32_t* __restrict last_part) {
  const double *x0 = edges.x0, *x1 = edges.x1, *y0 = edges.y0, *y1 = edges.y1;
  for (int i = 0; i < n; ++i) {
    const double left = x0[i] < x1[i] ? x0[i] : x1[i], right = x0[i] < x1[i] ? x1[i] : x0[i];
    const bool in_frame = (left >= 0) & (right < width) & (y0[i] >= 0) & (y1[i] < height);
    row[i] = static_cast<int32_t>(in_frame ? y0[i] : 0);
    const double y = in_frame ? y1[i] : 0;
    const int32_t floor = static_cast<int32_t>(y);
    last_row[i] = floor - (floor < y ? 0 : 1);
    first_part[i] = static_cast<int32_t>(in_frame ? InnerMask::kParts * left : -1);
    last_part[i] = static_cast<int32_t>(in_frame ? InnerMask::kParts * right : 0);
  }
}

}  // namespace

void HiddenEdges::Reset(const InnerMask& mask, const ViewGeometry& view) {
  mask_ = mask.is_empty() ? nullptr : &mask;
  width_ = view.width_px;
  height_ = view.height_px;
  window_ = view.window;
  num_steps_ = 0;
}

bool HiddenEdges::IsHidden(const Rectangle& at) const {
  if (at.first_part < 0) return false;
  const int word = at.first_part / 64;
  if (at.last_part / 64 != word) {
    for (int row = at.row; row <= at.last_row; row += window_) {
      if (!ArePartsCovered(mask_->Row(row), at.first_part, at.last_part)) return false;
    }
    return true;
  }
  const uint64_t wanted = PartsOfWord(at.first_part, at.last_part);
  uint64_t covered = wanted;
  for (int row = at.row; row <= at.last_row; row += window_) covered &= mask_->Row(row)[word];
  return covered == wanted;
}

void HiddenEdges::AddSteps(const EdgeArrays& edges, int i, const Rectangle& at) {
  const size_t most = static_cast<size_t>(at.last_row - at.row) + 1;
  if (num_steps_ + most > steps_.size()) steps_.resize(2 * (num_steps_ + most) + 1024);
  const double x0 = edges.x0[i], y0 = edges.y0[i], x1 = edges.x1[i];
  const double left = Min(x0, x1), right = Max(x0, x1);
  for (int row = at.row; row <= at.last_row; row += window_) {
    if (row < y0) continue;  // the edge begins below the row's top
    const double x = Min(Max(x0 + (row - y0) * edges.slope[i], left), right);
    steps_[num_steps_++] = {row, StepColumn(mask_->Row(row), x), edges.multiplicity[i]};
  }
}

void HiddenEdges::Take(const EdgeArrays& edges, int n, int64_t* is_seen) {
  int32_t row[kMostEdges], last_row[kMostEdges], first_part[kMostEdges], last_part[kMostEdges];
  FindRectangles(edges, n, width_, height_, row, last_row, first_part, last_part);
  for (int i = 0; i < n; ++i) {
    Rectangle at{row[i], last_row[i], first_part[i], last_part[i]};
    if (window_ > 1) at.row += (window_ / 2 - at.row % window_ + window_) % window_;
    if ((is_seen[i] == 0) | !IsHidden(at)) continue;
    is_seen[i] = 0;
    AddSteps(edges, i, at);
  }
}

void HiddenEdges::SortByRow() {
  row_begin_.assign(height_ + 3, 0);
  if (sorted_.size() < num_steps_) sorted_.resize(steps_.size());
  for (size_t i = 0; i < num_steps_; ++i) ++row_begin_[steps_[i].row + 2];
  for (int r = 0; r < height_; ++r) row_begin_[r + 2] += row_begin_[r + 1];
  for (size_t i = 0; i < num_steps_; ++i) sorted_[row_begin_[steps_[i].row + 1]++] = steps_[i];
}

}  // namespace ceres_align
