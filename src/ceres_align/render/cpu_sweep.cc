#include "ceres_align/render/cpu_sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ceres_align/render/bits.h"

namespace ceres_align {
namespace {

// The part of a fragment between `left` and `right` of its pixel; its touch is of `left` then.
// With no height only where it touches.
template <typename Emit>
void CutFragment(Fragment f, double left, double right, const Emit& emit) {
  const auto y_at = [f](double x) { return std::clamp(f.ya + (x - f.xa) / f.slope, f.ya, f.yb); };
  const auto start_at = [&f](double x, double y) {
    f.xa = x;
    f.ya = y;
  };
  const auto end_at = [&f](double x, double y) {
    f.xb = x;
    f.yb = y;
  };
  if (left > 0) {
    const bool starts_left = f.xa < left, ends_left = f.xb < left;
    if (starts_left && ends_left) return;
    f.touch = starts_left ? Fragment::kFromLeft : ends_left ? Fragment::kToLeft : Fragment::kNone;
    const double y = y_at(left);
    if (starts_left) start_at(left, y);
    if (ends_left) end_at(left, y);
  }
  if (right < 1) {
    const bool starts_right = f.xa > right, ends_right = f.xb > right;
    if (starts_right && ends_right) return;
    const double y = y_at(right);
    if (starts_right) start_at(right, y);
    if (ends_right) end_at(right, y);
  }
  if (f.yb > f.ya || f.touch != Fragment::kNone) emit(f);
}

}  // namespace

void CpuSweep::Begin(const CpuContour& contour) {
  if (serial_ == contour.serial()) return;
  contour_ = &contour;
  serial_ = contour.serial();
  width_ = contour.view().width_px;
  const size_t columns = static_cast<size_t>(width_) + 2;
  if (columns_.size() < columns) {
    columns_.assign(columns, {0, 0});
    column_bits_.assign(columns / 64 + 1, 0);
  }
  velocities_.clear();
  velocity_of_.assign(contour.num_edges(), -1);
}

const EdgeVelocity& CpuSweep::Velocity(int edge) {
  int32_t& at = velocity_of_[edge];
  if (at < 0) {
    at = static_cast<int32_t>(velocities_.size());
    velocities_.push_back(contour_->Velocity(edge));
  }
  return velocities_[at];
}

void CpuSweep::GatherRow(int row, int w_left) {
  const ImageEdge* edges = contour_->edges();
  const int width = width_;
  covered_ = contour_->mask().is_empty() ? nullptr : contour_->mask().Row(row);
  num_emitted_ = 0;
  cells_.clear();
  w_right_ = w_left;
  for (const int32_t* at = contour_->RowBegin(row); at < contour_->RowEnd(row); ++at) {
    const int id = *at;
    const ImageEdge& edge = edges[id];
    const RowPiece piece = PieceInRow(edge, row);
    if (!(piece.yb > piece.ya)) continue;
    if (piece.ya == 0 && piece.xa < width) {
      w_right_ += edge.multiplicity;
      if (piece.xa < 0) {
        w_left += edge.multiplicity;
      } else {
        const int column = static_cast<int>(piece.xa);
        AddStep(covered_ == nullptr ? column + 1 : StepColumn(covered_, piece.xa),
                edge.multiplicity);
      }
    }
    SplitPiece(edge, id, row, piece);
  }
  if (covered_ != nullptr) AddHiddenSteps(row);
  GrowScratch(num_emitted_);
  SortCells(w_left);
  if (covered_ == nullptr) return;
  for (Cell& cell : cells_) {
    cell.left = CoveredLeft(PartsOfPixel(covered_, cell.column));
    cell.right = 1 - CoveredRight(PartsOfPixel(covered_, cell.column));
  }
}

void CpuSweep::AddStep(int column, int dw) {
  columns_[column].dw += dw;
  column_bits_[column / 64] |= uint64_t{1} << (column % 64);
}

void CpuSweep::AddHiddenSteps(int row) {
  const HiddenEdges& hidden = contour_->hidden();
  for (const HiddenEdges::Step* step = hidden.Begin(row); step < hidden.End(row); ++step) {
    w_right_ += step->dw;
    AddStep(step->column, step->dw);
  }
}

void CpuSweep::SplitPiece(const ImageEdge& edge, int id, int row, const RowPiece& piece) {
  const int width = width_;
  const auto emit = [this](const Fragment& f) {
    if (f.column < 0) return;
    if (num_emitted_ == emitted_.size()) GrowEmitted();
    emitted_[num_emitted_++] = f;
    ++columns_[f.column].begin;
    column_bits_[f.column / 64] |= uint64_t{1} << (f.column % 64);
  };
  if (covered_ == nullptr) {
    SplitRow(edge, id, row, width, piece, emit);
    return;
  }
  const double left = std::min(piece.xa, piece.xb), right = std::max(piece.xa, piece.xb);
  if (left >= 0 && right < width && IsCovered(covered_, left, right)) return;
  const auto emit_outside = [&](const Fragment& f) {
    if (f.column < 0) return;
    const int parts = PartsOfPixel(covered_, f.column);
    if (parts == 0) {
      emit(f);
    } else if (parts != 15) {
      CutFragment(f, CoveredLeft(parts), 1 - CoveredRight(parts), emit);
    }
  };
  SplitRow(edge, id, row, width, piece, emit_outside);
}

void CpuSweep::GrowEmitted() { emitted_.resize(2 * emitted_.size() + 64); }

// Fragments have been counted by columns; a bit marks those with fragments or steps.
void CpuSweep::SortCells(int w) {
  int begin = 0;
  for (size_t word = 0; word < column_bits_.size(); ++word) {
    for (uint64_t bits = column_bits_[word]; bits != 0; bits &= bits - 1) {
      const int c = static_cast<int>(64 * word) + LowestBit(bits);
      Column& column = columns_[c];
      w += column.dw;
      column.dw = 0;
      const int n = column.begin;
      if (n == 0) continue;
      column.begin = begin;
      cells_.push_back({c, w, begin, begin + n, 0, 1});
      begin += n;
    }
    column_bits_[word] = 0;
  }
  for (size_t i = 0; i < num_emitted_; ++i) {
    row_[columns_[emitted_[i].column].begin++] = emitted_[i];
  }
  for (const Cell& cell : cells_) columns_[cell.column].begin = 0;
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

void CpuSweep::Cover(const Cell& cell, const RowProfile& profile, CellOutline* outline) {
  constexpr int kManyFragments = 64;
  const int few_fragments = covered_ == nullptr ? 3 : 1;  // what is hidden is told sooner in pairs
  static_assert(kManyFragments <= CellPairs::kMostFragments);
  const ImageEdge* edges = contour_->edges();
  const Fragment* f = row_.data() + cell.begin;
  const int n = cell.end - cell.begin;
  const CellBox box{cell.left, 0, cell.right, 1};
  const double covered = cell.left + (1 - cell.right);
  if (n <= few_fragments && covered == 0) {
    SweepCell(f, edges, n, profile, scratch_, outline);
    return;
  }
  outline->boundary = false;
  outline->area = 1;
  if (internal::LowestW(profile, f, n) > 0) return;
  outline->area = covered;
  for (int i = 0; i < n; ++i) outline->piece0[i] = outline->piece1[i] = 0;
  if (n <= kManyFragments && pairs_.Cover(f, places_.data(), n, edges, box, profile, outline)) {
    return;
  }
  crowded_.Cover(f, edges, n, box, profile, outline);
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
