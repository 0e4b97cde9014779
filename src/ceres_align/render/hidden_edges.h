// Edges that lie wholly where the image is certainly covered: they are never outline and only
// count in w along the tops of rows.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/inner_mask.h"

namespace ceres_align {

/// The parts of w that hidden edges make up. Grow-only working memory of one thread.
class HiddenEdges {
 public:
  /// w grows by dw along a row's top from the cell of `column` on.
  struct Step {
    int32_t row, column, dw;
  };

  /// Borrows the mask, which may be empty, until the next call.
  void Reset(const InnerMask& mask, const ViewGeometry& view);
  bool is_empty() const { return mask_ == nullptr; }

  /// True: the edge lies in the frame and is hidden in all rows that are swept; its steps have been
  /// counted. `edge` has a height. Needs a mask that is not empty.
  bool Take(const ImageEdge& edge);

  /// To be called after the last edge and before Begin and End.
  void SortByRow();
  const Step* Begin(int row) const { return sorted_.data() + row_begin_[row]; }
  const Step* End(int row) const { return sorted_.data() + row_begin_[row + 1]; }

 private:
  const InnerMask* mask_ = nullptr;  // null: nothing is hidden
  int width_ = 0, height_ = 0, window_ = 1;
  size_t num_steps_ = 0;
  std::vector<Step> steps_, sorted_;  // room for more
  std::vector<int32_t> row_begin_;
};

}  // namespace ceres_align
