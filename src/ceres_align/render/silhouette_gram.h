// From swept cells and runs to the sums of a Gram matrix; one source for host and device.
#pragma once

#include "ceres_align/render/silhouette_cell.h"

namespace ceres_align {

/// Which pixels the sweep's rows and columns stand for: with a window k (RasterJob::window) only
/// those in the middle of k x k.
struct PixelWindow {
  int k;
  CA_HD bool HasCenter(int i) const { return k == 1 || i % k == k / 2; }
  CA_HD int Pixel(int i) const { return k == 1 ? i : i / k; }
  /// The first pixel whose centre window lies at or after i.
  CA_HD int FirstPixel(int i) const { return k == 1 ? i : (i + k / 2) / k; }
};

/// A Target (target.h) by borrowed pointers, of the host or of the device.
struct TargetView {
  const float* mask;
  const float* weight;   ///< null: 1 everywhere
  const double* prefix;  ///< rows of row_stride, see Target
  int width_px, height_px;
  int row_stride;

  static constexpr int kBlock = 16;

  CA_HD const float* mask_row(int r) const { return mask + static_cast<int64_t>(r) * width_px; }
  CA_HD const float* weight_row(int r) const {
    return weight == nullptr ? nullptr : weight + static_cast<int64_t>(r) * width_px;
  }
  CA_HD const double* row_prefix(int r) const {
    return prefix + static_cast<int64_t>(r) * row_stride;
  }

  /// Σ over pixels [begin, end) of row r of w T² (covered = false) or w (1 − T)² (true).
  CA_HD double RunCost(int r, int begin, int end, bool covered) const {
    const int first_block = (begin + kBlock - 1) / kBlock, last_block = end / kBlock;
    if (first_block >= last_block) return DirectCost(r, begin, end, covered);
    const double* p = row_prefix(r) + (covered ? 1 : 0);
    return DirectCost(r, begin, first_block * kBlock, covered) +
           (p[2 * last_block] - p[2 * first_block]) +
           DirectCost(r, last_block * kBlock, end, covered);
  }
  /// The same over the whole row.
  CA_HD double RowCost(int r, bool covered) const {
    return row_prefix(r)[2 * num_blocks() + (covered ? 1 : 0)];
  }
  CA_HD int num_blocks() const { return (width_px + kBlock - 1) / kBlock; }
  /// The same as RunCost, pixel by pixel.
  CA_HD double DirectCost(int r, int begin, int end, bool covered) const {
    const float *t = mask_row(r), *w = weight_row(r);
    const double m = covered ? 1.0 : 0.0;
    double sum = 0;
    for (int c = begin; c < end; ++c) {
      const double d = m - t[c];
      sum += w != nullptr ? w[c] * d * d : d * d;
    }
    return sum;
  }

  /// Adds Σ w and Σ w·(c + 0.5) over pixels c in [begin, end) of row r.
  CA_HD void AddWeights(int r, int begin, int end, double* area, double* moment_x) const {
    if (begin >= end) return;
    if (weight == nullptr) {
      const double n = end - begin;
      *area += n;
      *moment_x += n * (0.5 * (begin + end));
      return;
    }
    const int first_block = (begin + kBlock - 1) / kBlock, last_block = end / kBlock;
    if (first_block >= last_block) return AddDirectWeights(r, begin, end, area, moment_x);
    const double* p = row_prefix(r) + 2 * (num_blocks() + 1);
    AddDirectWeights(r, begin, first_block * kBlock, area, moment_x);
    *area += p[2 * last_block] - p[2 * first_block];
    *moment_x += p[2 * last_block + 1] - p[2 * first_block + 1];
    AddDirectWeights(r, last_block * kBlock, end, area, moment_x);
  }
  /// The same pixel by pixel; only with weights.
  CA_HD void AddDirectWeights(int r, int begin, int end, double* area, double* moment_x) const {
    const float* w = weight_row(r);
    for (int c = begin; c < end; ++c) {
      *area += w[c];
      *moment_x += w[c] * (c + 0.5);
    }
  }
};

/// ∂M/∂p of a cell from its pieces of outline. `velocity(edge)` returns an EdgeVelocity.
template <typename Velocity>
CA_HD inline void CellJacobian(const Fragment* f, int n, const CellOutline& cell,
                               Velocity& velocity, double* j) {
  for (int k = 0; k < 6; ++k) j[k] = 0;
  for (int i = 0; i < n; ++i) {
    const double p0 = cell.piece0[i], p1 = cell.piece1[i];
    if (p0 == 0 && p1 == 0) continue;
    const EdgeVelocity& v = velocity(f[i].edge);
    for (int k = 0; k < 6; ++k) j[k] += p0 * v.k0[k] + p1 * v.k1[k];
  }
}

/// Sums that need no derivatives: Σ w r² of pixels off the outline, Σ w M and Σ w M·(x, y).
struct CoverageSums {
  double cost, area, moment_x, moment_y;

  CA_HD void Add(const CoverageSums& other) {
    cost += other.cost;
    area += other.area;
    moment_x += other.moment_x;
    moment_y += other.moment_y;
  }
  /// A pixel, `m` being w M.
  CA_HD void AddArea(double m, double x, int pixel_row) {
    area += m;
    moment_x += m * x;
    moment_y += m * (pixel_row + 0.5);
  }
  /// Pixels [begin, end) of a row that no edge passes.
  CA_HD void AddRun(const TargetView& target, int pixel_row, int begin, int end, bool covered) {
    if (begin == end) return;
    cost += target.RunCost(pixel_row, begin, end, covered);
    if (!covered) return;
    double n = 0, x = 0;
    target.AddWeights(pixel_row, begin, end, &n, &x);
    area += n;
    moment_x += x;
    moment_y += n * (pixel_row + 0.5);
  }
};

/// What a view's rows add up to.
struct GramSums {
  static constexpr int kProducts = 28;  ///< upper triangle of [J r]ᵀ[J r], by rows
  double products[kProducts];
  CoverageSums coverage;
  int boundary_pixels;

  CA_HD void Add(const GramSums& other) {
    for (int i = 0; i < kProducts; ++i) products[i] += other.products[i];
    coverage.Add(other.coverage);
    boundary_pixels += other.boundary_pixels;
  }
};

/// No columns besides those of the pose.
struct NoMoreColumns {
  CA_HD void Add(const Fragment*, int, const CellOutline&, const double*, double) {}
};

/// The products of the columns [fx, fy, cx, cy] with those of the pose, with r and with each other.
struct IntrinsicsSums {
  static constexpr int kColumns = IntrinsicsVelocity::kColumns, kAll = 7 + kColumns;
  double products[kColumns * kAll];  ///< rows: a column by [ω, v, r, fx, fy, cx, cy]

  CA_HD void Add(const IntrinsicsSums& other) {
    for (int i = 0; i < kColumns * kAll; ++i) products[i] += other.products[i];
  }
};

/// ∂M/∂[fx, fy, cx, cy] of a cell, as CellJacobian does it for the pose. `edge(i)` returns edge i.
template <typename Edges>
CA_HD inline void CellIntrinsicsJacobian(const Fragment* f, int n, const CellOutline& cell,
                                         const ViewGeometry& view, const Edges& edge, double* j) {
  constexpr int kColumns = IntrinsicsSums::kColumns;
  for (int c = 0; c < kColumns; ++c) j[c] = 0;
  for (int i = 0; i < n; ++i) {
    const double p0 = cell.piece0[i], p1 = cell.piece1[i];
    if (p0 == 0 && p1 == 0) continue;
    const IntrinsicsVelocity k = IntrinsicsVelocityOf(view, edge(f[i].edge));
    for (int c = 0; c < kColumns; ++c) j[c] += p0 * k.k0[c] + p1 * k.k1[c];
  }
}

template <typename Edges>
struct IntrinsicsColumns {
  const Edges edge;
  const ViewGeometry& view;
  IntrinsicsSums* const sums;

  /// A pixel on the outline; `pose`: J and r by the pose, w: its weight.
  CA_HD void Add(const Fragment* f, int n, const CellOutline& cell, const double* pose, double w) {
    constexpr int kColumns = IntrinsicsSums::kColumns;
    double v[IntrinsicsSums::kAll];
    for (int i = 0; i < 7; ++i) v[i] = pose[i];
    double* own = v + 7;
    CellIntrinsicsJacobian(f, n, cell, view, edge, own);
    double* sum = sums->products;
    for (int c = 0; c < kColumns; ++c) {
      for (const double each : v) *sum++ += w * own[c] * each;
    }
  }
};

/// Sums of rows of a view, cell by cell as CpuSweep calls it. `velocity`: see CellJacobian; `more`
/// gets every pixel on the outline too.
template <typename Velocity, typename More = NoMoreColumns>
class GramSink {
 public:
  CA_HD GramSink(const Velocity& velocity, const TargetView& target, int window,
                 const More& more = {})
      : velocity_(velocity), target_(target), window_{window}, more_(more) {}

  CA_HD void Row(int row) {
    row_ = window_.Pixel(row);
    mask_ = target_.mask_row(row_);
    weight_ = target_.weight_row(row_);
  }
  CA_HD void Empty(int begin, int end) {
    end = window_.FirstPixel(end);
    for (int r = window_.FirstPixel(begin); r < end; ++r)
      sums_.coverage.cost += target_.RowCost(r, false);
  }
  CA_HD void Run(int begin, int end, bool covered) {
    sums_.coverage.AddRun(target_, row_, window_.FirstPixel(begin), window_.FirstPixel(end),
                          covered);
  }
  CA_HD void Cell(int column, const Fragment* f, int n, const CellOutline& cell) {
    if (!window_.HasCenter(column)) return;
    column = window_.Pixel(column);
    const double r = cell.area - mask_[column];
    const double w = weight_ != nullptr ? weight_[column] : 1.0;
    sums_.coverage.AddArea(w * cell.area, column + 0.5, row_);
    if (!cell.boundary) {
      sums_.coverage.cost += w * r * r;
      return;
    }
    ++sums_.boundary_pixels;
    double v[7], *sum = sums_.products;
    CellJacobian(f, n, cell, velocity_, v);
    v[6] = r;
    for (int i = 0; i < 7; ++i) {
      const double wv = w * v[i];
      for (int k = i; k < 7; ++k) *sum++ += wv * v[k];
    }
    more_.Add(f, n, cell, v, w);
  }

  CA_HD const GramSums& sums() const { return sums_; }

 private:
  Velocity velocity_;
  const TargetView target_;
  const PixelWindow window_;
  More more_;
  int row_ = 0;
  const float* mask_ = nullptr;
  const float* weight_ = nullptr;
  GramSums sums_ = {};
};

/// A GramResult (rasterizer.h) from the sums of a view.
template <typename Result>
CA_HD inline void FillGramResult(const double* products, const CoverageSums& sums,
                                 int boundary_pixels, Result* result) {
  for (int i = 0; i < 7; ++i) {
    for (int k = i; k < 7; ++k) result->gram[7 * i + k] = result->gram[7 * k + i] = *products++;
  }
  result->gram[48] += sums.cost;
  result->boundary_pixels = boundary_pixels;
  result->area_px = sums.area;
  result->moment_x_px = sums.moment_x;
  result->moment_y_px = sums.moment_y;
}

}  // namespace ceres_align
