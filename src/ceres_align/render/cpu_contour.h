// One job's contour on the CPU: image edges, the rows they pass, and what is surely covered. Made
// by one thread, then read by as many as sweep its rows (cpu_sweep.h).
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/cpu_edges.h"
#include "ceres_align/render/hidden_edges.h"
#include "ceres_align/render/inner_mask.h"

namespace ceres_align {

/// Grow-only working memory.
class CpuContour {
 public:
  /// Rows [begin, end) of the frame.
  struct RowRange {
    int32_t begin, end;
  };

  /// Finds the contour of `mesh` in `view` and the rows it passes. Borrows the mesh until the next
  /// call.
  void Prepare(const ContourMesh& mesh, const ViewGeometry& view);

  const ViewGeometry& view() const { return view_; }
  /// Another one after every Prepare.
  uint64_t serial() const { return serial_; }
  const ImageEdge* edges() const { return edges_.edges(); }
  size_t num_edges() const { return edges_.num_edges(); }
  EdgeVelocity Velocity(int edge) const { return edges_.Velocity(edge); }

  /// The edges that pass a row, in their order; of rows that are swept (view().window).
  const int32_t* RowBegin(int row) const { return row_edge_.data() + row_begin_[row]; }
  const int32_t* RowEnd(int row) const { return row_edge_.data() + row_begin_[row + 1]; }
  /// w at the row's upper left corner, from edges left of the frame.
  int LeftW(int row) const { return left_w_[row]; }
  /// Nothing is covered where it is empty.
  const InnerMask& mask() const { return mask_; }
  const HiddenEdges& hidden() const { return hidden_; }

  /// The rows in parts of about the same work, in order. They depend on the contour only: sums
  /// over each part, added in order, are the same for any number of threads.
  const std::vector<RowRange>& parts() const { return parts_; }

 private:
  RowRange RowsOf(const ImageEdge& edge);
  void SortIntoRows();
  void SplitRows();

  ViewGeometry view_{};
  uint64_t serial_ = 0;
  CpuEdges edges_;
  std::vector<RowRange> rows_;  // of each edge; room for more
  std::vector<int32_t> row_begin_, row_edge_;
  std::vector<int32_t> left_w_;
  std::vector<RowRange> parts_;
  InnerMask mask_;
  HiddenEdges hidden_;
};

}  // namespace ceres_align
