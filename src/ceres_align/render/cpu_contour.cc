#include "ceres_align/render/cpu_contour.h"

#include <algorithm>
#include <atomic>

namespace ceres_align {
namespace {

// So few edges are swept faster than balls are drawn.
constexpr size_t kFewEdges = 2000;

// A part's work, in pieces of edges within a row: some 20 µs. What is smaller gains little from a
// second thread.
constexpr int64_t kPiecesPerPart = 320;
constexpr int64_t kMostParts = 64;

}  // namespace

void CpuContour::Prepare(const ContourMesh& mesh, const ViewGeometry& view) {
  static std::atomic<uint64_t> last_serial{0};
  serial_ = ++last_serial;
  view_ = view;
  edges_.Find(mesh, view);
  mask_.Clear();
  // Balls are drawn as a pinhole sees them.
  if (edges_.num_found() > kFewEdges && !view.has_lens && !CrossesNear(view, mesh.radius)) {
    mask_.Draw(mesh.inner, view);
  }
  hidden_.Reset(mask_, view);
  edges_.Project(&hidden_);
  SortIntoRows();
  SplitRows();
}

// An edge's rows of the frame, in steps of the window. One left of the frame has none: it only
// changes w along the tops of rows.
CpuContour::RowRange CpuContour::RowsOf(const ImageEdge& edge) {
  const double height = view_.height_px;
  const double top = Min(Max(edge.y0, 0.0), height), bottom = Min(Max(edge.y1, 0.0), height);
  if ((edge.x0 < 0) & (edge.x1 < 0)) {
    left_w_[Ceil(top)] += edge.multiplicity;
    left_w_[Ceil(bottom)] -= edge.multiplicity;
    return {0, 0};
  }
  RowRange rows{static_cast<int32_t>(top), Ceil(bottom)};
  if (view_.window > 1) {
    const int k = view_.window, middle = k / 2;
    rows.begin += (middle - rows.begin % k + k) % k;
  }
  return rows;
}

void CpuContour::SortIntoRows() {
  const int height = view_.height_px, window = view_.window;
  const ImageEdge* edges = edges_.edges();
  const size_t n = edges_.num_edges();
  if (!hidden_.is_empty()) hidden_.SortByRow();
  left_w_.assign(height + 1, 0);
  row_begin_.assign(height + 3, 0);
  if (rows_.size() < n) rows_.resize(n + n / 2);
  for (size_t i = 0; i < n; ++i) {
    const RowRange rows = rows_[i] = RowsOf(edges[i]);
    for (int r = rows.begin; r < rows.end; r += window) ++row_begin_[r + 2];
  }
  for (int r = 0; r < height; ++r) {
    row_begin_[r + 2] += row_begin_[r + 1];
    left_w_[r + 1] += left_w_[r];
  }
  const size_t entries = static_cast<size_t>(row_begin_[height + 1]);
  if (row_edge_.size() < entries) row_edge_.resize(entries + entries / 2);
  for (size_t i = 0; i < n; ++i) {
    for (int r = rows_[i].begin; r < rows_[i].end; r += window) {
      row_edge_[row_begin_[r + 1]++] = static_cast<int32_t>(i);
    }
  }
}

void CpuContour::SplitRows() {
  const int height = view_.height_px;
  const int64_t pieces = row_begin_[height];
  const int64_t n = std::min(std::max<int64_t>(pieces / kPiecesPerPart, 1), kMostParts);
  parts_.clear();
  int32_t begin = 0;
  for (int64_t i = 1; i < n; ++i) {
    const auto first = row_begin_.begin();
    const auto at = std::lower_bound(first + begin, first + height, pieces * i / n);
    const int32_t end = static_cast<int32_t>(at - first);
    if (end > begin) parts_.push_back({begin, end});
    begin = end;
  }
  parts_.push_back({begin, height});
}

}  // namespace ceres_align
