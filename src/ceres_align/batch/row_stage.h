// Stage 4: rows put in order and swept, and what becomes of their cells: sums in a fixed order, or
// images.
#pragma once

#include "ceres_align/batch/row_sweep.h"

namespace ceres_align::batch {

struct BatchVelocity {
  const EdgeVelocity* velocity;
  CA_HD const EdgeVelocity& operator()(int edge) const { return velocity[edge]; }
};

struct BatchEdges {
  const ImageEdge* edges;
  CA_HD const ImageEdge& operator()(int edge) const { return edges[edge]; }
};

/// The i-th of the 28 products' places (row, column) in the upper triangle.
CA_HD inline void PlaceOfProduct(int i, int* row, int* column) {
  *row = 0;
  while (i >= 7 - *row) i -= 7 - (*row)++;
  *column = *row + i;
}

/// An entry of JobSums as a product or a term of CellTerms.
struct EntryOfSums {
  int row, column;
  enum class Kind { kProduct, kSum, kIntrinsics } kind;

  CA_HD explicit EntryOfSums(int entry) : row(0), column(0), kind(Kind::kProduct) {
    constexpr int kAll = IntrinsicsSums::kAll;
    if (entry < JobSums::kProducts) {
      PlaceOfProduct(entry, &row, &column);
    } else if (entry < JobSums::kEntries) {
      kind = Kind::kSum;
      row = entry - JobSums::kProducts;
    } else {
      kind = Kind::kIntrinsics;
      row = (entry - JobSums::kEntries) / kAll;
      column = (entry - JobSums::kEntries) % kAll;
    }
  }
  CA_HD double Of(const CellTerms& t) const {
    if (kind == Kind::kSum) return t.sum[row];
    if (kind == Kind::kProduct) return t.weight * t.v[row] * t.v[column];
    return t.weight * t.intrinsics.v[row] * (column < 7 ? t.v[column] : t.intrinsics.v[column - 7]);
  }
};

/// Into the sums of a Gram matrix: the terms of each cell.
struct GramCells {
  Batch b;

  CA_HD void Cell(const SweptCell& cell, CellTerms* to) const {
    const Job& job = b.jobs[cell.job];
    const TargetView& target = b.targets[job.target];
    const PixelWindow window{job.view.window};
    CellTerms terms{};
    CoverageSums sums{};
    sums.AddRun(target, cell.pixel_row, window.FirstPixel(cell.run_begin),
                window.FirstPixel(cell.column), cell.run_covered);
    if (window.HasCenter(cell.column)) {
      const int column = window.Pixel(cell.column);
      const double r = cell.outline.area - target.mask_row(cell.pixel_row)[column];
      const float* weights = target.weight_row(cell.pixel_row);
      const double w = weights != nullptr ? weights[column] : 1.0;
      sums.AddArea(w * cell.outline.area, column + 0.5, cell.pixel_row);
      if (cell.outline.boundary) {
        const BatchVelocity velocity{b.velocity};
        CellJacobian(cell.fragments, cell.n, cell.outline, velocity, terms.v);
        if (job.intrinsics) {
          CellIntrinsicsJacobian(cell.fragments, cell.n, cell.outline, job.view,
                                 BatchEdges{b.edges}, terms.intrinsics.v);
        }
        terms.v[6] = r;
        terms.weight = w;
        terms.sum[4] = 1;
      } else {
        sums.cost += w * r * r;
      }
    }
    terms.sum[0] = sums.cost;
    terms.sum[1] = sums.area;
    terms.sum[2] = sums.moment_x;
    terms.sum[3] = sums.moment_y;
    *to = terms;
  }

  /// Each entry of the sums by one lane: the live lanes' terms in order.
  template <typename Warp>
  CA_HD void AddRound(const Warp& warp, RowShared& s) const {
    warp.ForLanes([&](int lane) {
      for (int e = lane; e < b.num_entries; e += kWarpLanes) {
        const EntryOfSums entry(e);
        double sum = s.sum[e];
        for (int l = 0; l < kWarpLanes; ++l) {
          if (s.is_live[l]) sum += entry.Of(s.terms[l]);
        }
        s.sum[e] = sum;
      }
    });
  }

  template <typename Warp>
  CA_HD void BeginRow(const Warp& warp, RowShared& s) const {
    warp.ForLanes([&](int lane) {
      for (int e = lane; e < b.num_entries; e += kWarpLanes) s.sum[e] = 0;
    });
  }
  /// What is right of the row's last fragment, or all of the row.
  template <typename Warp>
  CA_HD void EndRow(const Warp& warp, const RowSweep& sweep, RowShared& s) const {
    warp.ForLanes([&](int lane) {
      if (lane != 0) return;
      const TargetView& target = b.targets[sweep.job.target];
      const PixelWindow window{sweep.job.view.window};
      const int first = sweep.FirstFreeColumn();
      CoverageSums sums{};
      if (first == 0 && s.end_top == 0) {
        sums.cost = target.RowCost(sweep.pixel_row(), false);
      } else {
        sums.AddRun(target, sweep.pixel_row(), window.FirstPixel(first), sweep.job.columns(),
                    s.end_top != 0);
      }
      double* const to = s.sum + JobSums::kProducts;
      to[0] += sums.cost;
      to[1] += sums.area;
      to[2] += sums.moment_x;
      to[3] += sums.moment_y;
    });
  }
};

/// Into images, of float or of double: coverage and, if `jacobian` is not null, six derivatives a
/// pixel. The images are 0 before.
struct ImageCells {
  Batch b;
  float* floats;
  double* doubles;  ///< null: floats
  double* jacobian;

  CA_HD int64_t FirstPixel(int32_t j, int pixel_row) const {
    return b.pixel_begin[j] + static_cast<int64_t>(pixel_row) * b.jobs[j].columns();
  }
  CA_HD void Set(int64_t pixel, double area) const {
    if (doubles != nullptr) {
      doubles[pixel] = area;
    } else {
      floats[pixel] = static_cast<float>(area);
    }
  }

  CA_HD void Cell(const SweptCell& cell, CellTerms*) const {
    const PixelWindow window{b.jobs[cell.job].view.window};
    const int64_t row = FirstPixel(cell.job, cell.pixel_row);
    if (cell.run_covered) {
      const int end = window.FirstPixel(cell.column);
      for (int c = window.FirstPixel(cell.run_begin); c < end; ++c) Set(row + c, 1);
    }
    if (!window.HasCenter(cell.column)) return;
    const int64_t pixel = row + window.Pixel(cell.column);
    Set(pixel, cell.outline.area);
    if (jacobian == nullptr || !cell.outline.boundary) return;
    const BatchVelocity velocity{b.velocity};
    CellJacobian(cell.fragments, cell.n, cell.outline, velocity, jacobian + 6 * pixel);
  }
  template <typename Warp>
  CA_HD void AddRound(const Warp&, RowShared&) const {}
  template <typename Warp>
  CA_HD void BeginRow(const Warp&, RowShared&) const {}
  template <typename Warp>
  CA_HD void EndRow(const Warp& warp, const RowSweep& sweep, RowShared& s) const {
    if (s.end_top == 0) return;
    const int64_t row = FirstPixel(sweep.j, sweep.pixel_row());
    const int first = PixelWindow{sweep.job.view.window}.FirstPixel(sweep.FirstFreeColumn());
    const int end = sweep.job.columns();
    warp.ForLanes([&](int lane) {
      for (int c = first + lane; c < end; c += kWarpLanes) Set(row + c, 1);
    });
  }
};

/// term(begin) + … + term(end − 1), added in this order. Reads several terms before it adds them,
/// so that a device waits for memory once for all of them.
template <typename Term>
CA_HD inline double SumInOrder(int64_t begin, int64_t end, const Term& term) {
  constexpr int kAhead = 8;
  double sum = 0;
  int64_t i = begin;
  for (; i + kAhead <= end; i += kAhead) {
    double ahead[kAhead];
    for (int k = 0; k < kAhead; ++k) ahead[k] = term(i + k);
    for (const double term_ahead : ahead) sum += term_ahead;
  }
  for (; i < end; ++i) sum += term(i);
  return sum;
}

/// Index c: a chunk of rows. The order of every sum depends on the job alone: cells of a row by
/// rounds (row_sweep.h), rows of a chunk, chunks of a third of the job, the thirds.
template <typename Sink>
struct SweepRows {
  Batch b;
  Sink sink;

  static constexpr int kParts = 3;
  struct Shared {
    RowShared row[kBlockWarps];
    double partial[kParts * (JobSums::kEntries + JobSums::kIntrinsics)];
    bool is_last;
  };

  template <typename Block>
  CA_HD void operator()(const Block& block, int64_t chunk, Shared& s) const {
    if (!b.Fits()) {
      block.ForThreads([&](int t) {
        if (t == 0 && chunk == 0) Finish();
      });
      return;
    }
    const int32_t j = LastBegin(b.chunk_begin, b.num_jobs, chunk);
    const int64_t first = b.row_begin[j] + (chunk - b.chunk_begin[j]) * kChunkRows;
    const auto num_rows = static_cast<int>(Min<int64_t>(kChunkRows, b.row_begin[j + 1] - first));
    block.ForWarps([&](int w, const auto& warp) {
      if (w < num_rows) SweepRow(warp, RowSweep(b, j, first + w), s.row[w]);
    });
    if (b.num_entries > 0) SumChunk(block, chunk, num_rows, s);
    block.ForThreads([&](int t) {
      if (t != 0) return;
      s.is_last =
          IsLast(b.chunks_done + j, static_cast<int32_t>(b.chunk_begin[j + 1] - b.chunk_begin[j]));
    });
    if (!s.is_last) return;
    if (b.num_entries > 0) SumJob(block, j, s);
    block.ForThreads([&](int t) {
      if (t != 0) return;
      FenceForHost();
      if (IsLast(b.jobs_done, b.num_jobs)) Finish();
    });
  }

  CA_HD void Finish() const {
    b.report->needs = *b.needs;
    Publish(&b.report->ticket, *b.ticket);
  }

  template <typename Warp>
  CA_HD void SweepRow(const Warp& warp, const RowSweep& sweep, RowShared& s) const {
    sink.BeginRow(warp, s);
    if (sweep.slice.n == 0) {
      warp.ForLanes([&](int lane) {
        if (lane == 0) s.end_top = b.row_left[sweep.row];
      });
    } else {
      SortRow(warp, sweep.slice, b.most_ranked_at_once, s.sort);
      SweepCells(warp, sweep, sink, s);
    }
    sink.EndRow(warp, sweep, s);
  }

  template <typename Block>
  CA_HD void SumChunk(const Block& block, int64_t chunk, int num_rows, Shared& s) const {
    block.ForThreads([&](int t) {
      for (int e = t; e < b.num_entries; e += kBlockThreads) {
        double sum = 0;
        for (int w = 0; w < num_rows; ++w) sum += s.row[w].sum[e];
        b.chunk_sums[chunk * b.num_entries + e] = sum;
      }
    });
  }

  struct ChunkTerm {
    const double* sums;
    int entry, num_entries;
    CA_HD double operator()(int64_t chunk) const { return sums[chunk * num_entries + entry]; }
  };

  template <typename Block>
  CA_HD void SumJob(const Block& block, int32_t j, Shared& s) const {
    const int64_t begin = b.chunk_begin[j], count = b.chunk_begin[j + 1] - begin;
    const int n = b.num_entries;
    block.ForThreads([&](int t) {
      for (int i = t; i < kParts * n; i += kBlockThreads) {
        const int part = i / n;
        s.partial[i] =
            SumInOrder(begin + part * count / kParts, begin + (part + 1) * count / kParts,
                       ChunkTerm{b.chunk_sums, i % n, n});
      }
    });
    block.ForThreads([&](int t) {
      for (int e = t; e < n; e += kBlockThreads) {
        double sum = 0;
        for (int part = 0; part < kParts; ++part) sum += s.partial[part * n + e];
        b.job_sums[int64_t{j} * n + e] = sum;
      }
    });
  }
};

}  // namespace ceres_align::batch
