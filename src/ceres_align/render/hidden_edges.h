// Edges that lie wholly where the image is certainly covered: they are never outline and only
// count in w along the tops of rows.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/inner_mask.h"

namespace ceres_align {

/// Image edges (ImageEdge) as a structure of arrays.
struct EdgeArrays {
  const double *x0, *y0, *x1, *y1, *slope;
  const int32_t* multiplicity;
};

/// The parts of w that hidden edges make up. Grow-only working memory of one thread.
class HiddenEdges {
 public:
  static constexpr int kMostEdges = 128;  ///< that Take takes at a time

  /// w grows by dw along a row's top from the cell of `column` on.
  struct Step {
    int32_t row, column, dw;
  };

  /// Borrows the mask, which may be empty, until the next call.
  void Reset(const InnerMask& mask, const ViewGeometry& view);
  bool is_empty() const { return mask_ == nullptr; }

  /// Clears is_seen[i] of those edges i < n <= kMostEdges that lie in the frame and whose bounding
  /// rectangles are hidden in all rows that are swept; their steps are counted. Edges that are not
  /// seen are left out. Needs a mask that is not empty.
  void Take(const EdgeArrays& edges, int n, int64_t* is_seen);

  /// To be called after the last edge and before Begin and End.
  void SortByRow();
  const Step* Begin(int row) const { return sorted_.data() + row_begin_[row]; }
  const Step* End(int row) const { return sorted_.data() + row_begin_[row + 1]; }

 private:
  // The rows that are swept and the parts of pixels that an edge touches; none: not in the frame.
  struct Rectangle {
    int32_t row, last_row, first_part, last_part;
  };
  bool IsHidden(const Rectangle& at) const;
  void AddSteps(const EdgeArrays& edges, int i, const Rectangle& at);

  const InnerMask* mask_ = nullptr;  // null: nothing is hidden
  int width_ = 0, height_ = 0, window_ = 1;
  size_t num_steps_ = 0;
  std::vector<Step> steps_, sorted_;  // room for more
  std::vector<int32_t> row_begin_;
};

}  // namespace ceres_align
