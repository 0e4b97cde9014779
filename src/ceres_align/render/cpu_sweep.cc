#include "ceres_align/render/cpu_sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ceres_align {
namespace {

// Rows of the frame that an edge passes and the job sweeps, [begin, end) in steps of `step`.
struct RowRange {
  int begin, end, step;
};

RowRange RowsOf(const ImageEdge& edge, const ViewGeometry& view) {
  const double top = std::max(edge.y0, 0.0);
  const double bottom = std::min(edge.y1, static_cast<double>(view.height_px));
  if (!(top < bottom)) return {0, 0, 1};
  RowRange rows{static_cast<int>(top), static_cast<int>(std::ceil(bottom)), view.window};
  if (view.window > 1) {
    const int k = view.window, middle = k / 2;
    rows.begin += (middle - rows.begin % k + k) % k;
  }
  return rows;
}

}  // namespace

void CpuSweep::Prepare(const ContourMesh& mesh, const ViewGeometry& view) {
  view_ = view;
  edges_.Prepare(mesh, view);
  SortIntoRows();
}

void CpuSweep::SortIntoRows() {
  const int height = view_.height_px;
  const std::vector<ImageEdge>& edges = edges_.edges();
  left_w_.assign(height + 1, 0);
  row_begin_.assign(height + 2, 0);
  const auto is_left = [](const ImageEdge& e) { return e.x0 < 0 && e.x1 < 0; };
  for (const ImageEdge& e : edges) {
    if (is_left(e)) {
      // It does nothing but change w along the tops of rows.
      const double last = height;
      left_w_[static_cast<int>(std::ceil(std::clamp(e.y0, 0.0, last)))] += e.multiplicity;
      left_w_[static_cast<int>(std::ceil(std::clamp(e.y1, 0.0, last)))] -= e.multiplicity;
      continue;
    }
    const RowRange rows = RowsOf(e, view_);
    for (int r = rows.begin; r < rows.end; r += rows.step) ++row_begin_[r + 2];
  }
  for (int r = 0; r < height; ++r) row_begin_[r + 2] += row_begin_[r + 1];
  row_edge_.resize(row_begin_[height + 1]);
  for (size_t i = 0; i < edges.size(); ++i) {
    if (is_left(edges[i])) continue;
    const RowRange rows = RowsOf(edges[i], view_);
    for (int r = rows.begin; r < rows.end; r += rows.step) {
      row_edge_[row_begin_[r + 1]++] = static_cast<int32_t>(i);
    }
  }
}

void CpuSweep::GatherRow(int row, int w_left) {
  const ImageEdge* edges = edges_.edges().data();
  const int width = view_.width_px;
  emitted_.clear();
  top_steps_.clear();
  cells_.clear();
  first_column_ = width;
  last_column_ = -1;
  w_right_ = w_left;
  const auto emit = [this](const Fragment& f) {
    if (f.column < 0) return;
    emitted_.push_back(f);
    first_column_ = std::min(first_column_, f.column);
    last_column_ = std::max(last_column_, f.column);
  };
  for (int32_t i = row_begin_[row]; i < row_begin_[row + 1]; ++i) {
    const int id = row_edge_[i];
    const ImageEdge& edge = edges[id];
    const RowPiece piece = PieceInRow(edge, row);
    if (!(piece.yb > piece.ya)) continue;
    if (piece.ya == 0 && piece.xa < width) {
      w_right_ += edge.multiplicity;
      if (piece.xa < 0) {
        w_left += edge.multiplicity;
      } else {
        top_steps_.push_back({static_cast<int>(piece.xa) + 1, edge.multiplicity});
      }
    }
    SplitRow(edge, id, row, width, piece, emit);
  }
  GrowScratch(emitted_.size());
  if (emitted_.empty()) return;
  if (static_cast<int>(emitted_.size()) * 16 > last_column_ - first_column_) {
    SortCellsDensely(w_left);
  } else {
    SortCellsSparsely(w_left);
  }
}

// By sorting: for few fragments in a wide row.
void CpuSweep::SortCellsSparsely(int w) {
  const size_t n = emitted_.size();
  keys_.resize(n);
  for (size_t i = 0; i < n; ++i) {
    keys_[i] = static_cast<uint64_t>(emitted_[i].column) << 32 | i;
  }
  std::sort(keys_.begin(), keys_.end());
  std::sort(top_steps_.begin(), top_steps_.end(),
            [](const Step& a, const Step& b) { return a.column < b.column; });
  size_t step = 0;
  for (size_t i = 0; i < n; ++i) {
    const Fragment& f = row_[i] = emitted_[keys_[i] & 0xFFFFFFFFu];
    if (cells_.empty() || cells_.back().column != f.column) {
      for (; step < top_steps_.size() && top_steps_[step].column <= f.column; ++step) {
        w += top_steps_[step].dw;
      }
      cells_.push_back({f.column, w, static_cast<int>(i), 0});
    }
    cells_.back().end = static_cast<int>(i) + 1;
  }
}

// By counting: for many.
void CpuSweep::SortCellsDensely(int w) {
  const size_t columns = static_cast<size_t>(view_.width_px) + 2;
  if (column_begin_.size() < columns) {
    column_begin_.assign(columns, 0);
    column_w_.assign(columns, 0);
  }
  for (const Step& step : top_steps_) {
    // Where an edge's first piece has no height the first fragment lies right of the step.
    column_w_[std::max(step.column, first_column_)] += step.dw;
  }
  for (const Fragment& f : emitted_) ++column_begin_[f.column];
  int begin = 0;
  for (int c = first_column_; c <= last_column_; ++c) {
    w += column_w_[c];
    const int n = column_begin_[c];
    if (n == 0) continue;
    column_begin_[c] = begin;
    cells_.push_back({c, w, begin, begin += n});
  }
  for (const Step& step : top_steps_) column_w_[std::max(step.column, first_column_)] = 0;
  for (const Fragment& f : emitted_) row_[column_begin_[f.column]++] = f;
  for (const Cell& cell : cells_) column_begin_[cell.column] = 0;
}

RowProfile CpuSweep::LeftProfile(const Cell& cell) {
  RowProfile profile;
  profile.top = cell.w;
  profile.steps = steps_.data();
  int n = 0;
  for (int i = cell.begin; i < cell.end; ++i) {
    const Fragment& f = row_[i];
    if (f.touch == Fragment::kNone) continue;
    // Above the place w counts an edge on the left that comes in, below it one that went out.
    const double y = f.touch == Fragment::kFromLeft ? f.ya : f.yb;
    const int dw = f.touch == Fragment::kFromLeft ? -f.multiplicity : f.multiplicity;
    if (y <= 0) {
      profile.top += dw;
    } else if (y < 1) {
      profile.steps[n++] = {y, dw};
    }
  }
  profile.count = n;
  if (n > 1) {
    std::sort(profile.steps, profile.steps + n,
              [](const RowProfile::Step& a, const RowProfile::Step& b) { return a.y < b.y; });
  }
  return profile;
}

void CpuSweep::Cover(const Fragment* f, int n, const RowProfile& profile, CellOutline* outline) {
  constexpr int kFewFragments = 3, kManyFragments = 64;
  static_assert(kManyFragments <= CellPairs::kMostFragments);
  const ImageEdge* edges = edges_.edges().data();
  if (n <= kFewFragments) {
    SweepCell(f, edges, n, profile, scratch_, outline);
    return;
  }
  outline->boundary = false;
  outline->area = 1;
  if (internal::LowestW(profile, f, n) > 0) return;
  if (n <= kManyFragments) {
    outline->area = 0;
    for (int i = 0; i < n; ++i) outline->piece0[i] = outline->piece1[i] = 0;
    if (pairs_.Cover(f, places_.data(), n, edges, CellBox{}, profile, outline)) return;
    SweepCell(f, edges, n, profile, scratch_, outline);
    return;
  }
  crowded_.Cover(f, edges, n, profile, outline);
}

void CpuSweep::GrowScratch(size_t n) {
  if (row_.size() >= n && !steps_.empty()) return;
  n += n / 2;
  row_.resize(n);
  x_.resize(3 * n);
  indices_.resize(3 * n);
  double* x = x_.data();
  int* index = indices_.data();
  scratch_ = {x, x + n, x + 2 * n, index, index + n, index + 2 * n};
  piece0_.resize(n);
  piece1_.resize(n);
  steps_.resize(n + 2);
  places_.resize(n);
  std::iota(places_.begin(), places_.end(), 0);
}

}  // namespace ceres_align
