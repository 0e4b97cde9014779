// Stages 6 to 9: the profile carried along each row, cells swept, and sums in a fixed order: cells
// of a row from left to right, rows of a chunk, chunks of a job.
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Where row r's part of the arrays of steps begins; it has room for two per fragment and two.
CA_HD inline int64_t FirstStepOfRow(const Batch& b, int64_t r) { return 2 * (b.FirstOfRow(r) + r); }

/// w at the left of row r, before the fragments in column −1.
CA_HD inline int LeftOfRow(const Batch& b, int64_t r) {
  const int64_t next = r + LastBegin(b.row_begin, b.num_jobs, r) + 1;
  return static_cast<int>(b.left_sum[next] - b.needed_fragments());
}

CA_HD inline int64_t EndOfCell(const Batch& b, int64_t i, int64_t end_of_row) {
  int64_t end = i + 1;
  while (end < end_of_row && b.sorted_key[end] == b.sorted_key[i]) ++end;
  return end;
}

CA_HD inline void CrossFragments(const Batch& b, int64_t begin, int64_t end, RowProfile* profile) {
  for (int64_t i = begin; i < end; ++i) {
    const Fragment& f = b.fragment[i];
    Cross(profile, f.ya, f.yb, f.multiplicity);
  }
}

/// Index r: a row. Keeps the profile at each of its cells, and w at its right end; notes what the
/// batch needs. A profile does
/// not depend on the order in which fragments are crossed: its steps are sums of integers, by y.
/// Between two cells at most the edges that cross the border have steps, so the room, two per
/// fragment, suffices but for odd cases; those rows are marked and swept by one index.
struct ProfileRows {
  Batch b;
  CA_HD void operator()(int64_t r) const {
    const int64_t begin = b.FirstOfRow(r), end = b.FirstOfRow(r + 1);
    const int64_t first_step = FirstStepOfRow(b, r);
    const int64_t room = Min(2 * (end - begin) + 2, b.most_snapshot_steps_per_row);
    RowProfile profile;
    profile.top = LeftOfRow(b, r);
    profile.steps = b.step + first_step;
    int64_t kept = 0, next = begin;
    bool is_serial = false;
    while (next < end) {
      const int64_t cell_end = EndOfCell(b, next, end);
      if (b.ColumnOfKey(b.sorted_key[next]) >= 0 && !is_serial) {
        is_serial = kept + profile.count > room;
        if (!is_serial) {
          b.snapshot[next] = {first_step + kept, profile.count, profile.top};
          for (int k = 0; k < profile.count; ++k) {
            b.kept_step[first_step + kept++] = profile.steps[k];
          }
        }
      }
      CrossFragments(b, next, cell_end, &profile);
      next = cell_end;
    }
    AtomicMax(&b.needs->most_in_row, end - begin);
    if (r == 0) {
      b.needs->items = b.counts[0];
      b.needs->edges = b.needed_edges();
      b.needs->fragments = b.needed_fragments();
    }
    b.row_top[r] = profile.top;
    b.row_is_serial[r] = is_serial ? 1 : 0;
    if (b.targets != nullptr) b.row_end[r] = LastRun(r, begin, end, profile.top);
  }

  /// What is right of the row's last fragment, or all of the row.
  CA_HD CoverageSums LastRun(int64_t r, int64_t begin, int64_t end, int top) const {
    const int32_t j = LastBegin(b.row_begin, b.num_jobs, r);
    const Job& job = b.jobs[j];
    const TargetView& target = b.targets[job.target];
    const PixelWindow window{job.view.window};
    const int pixel_row = static_cast<int>(r - b.row_begin[j]);
    const int first = end > begin ? b.ColumnOfKey(b.sorted_key[end - 1]) + 1 : 0;
    CoverageSums sums{};
    if (first == 0 && top == 0) {
      sums.cost = target.RowCost(pixel_row, false);
      return sums;
    }
    sums.AddRun(target, pixel_row, window.FirstPixel(first), job.columns(), top != 0);
    return sums;
  }
};

/// A cell after its sweep.
struct SweptCell {
  int64_t first;  ///< fragment
  int n;
  int32_t job;
  int pixel_row;
  int column;     ///< of the sweep
  int run_begin;  ///< columns [run_begin, column) have no fragments
  bool run_covered;
  CellOutline outline;
};

template <typename Sink>
CA_HD inline void SweepOneCell(const Batch& b, int64_t i, int64_t end, int64_t row,
                               const RowProfile& profile, const Sink& sink) {
  SweptCell cell;
  cell.first = i;
  cell.n = static_cast<int>(end - i);
  cell.job = LastBegin(b.row_begin, b.num_jobs, row);
  cell.pixel_row = static_cast<int>(row - b.row_begin[cell.job]);
  cell.column = b.ColumnOfKey(b.sorted_key[i]);
  cell.run_begin = i > b.FirstOfRow(row) ? b.ColumnOfKey(b.sorted_key[i - 1]) + 1 : 0;
  cell.run_covered = profile.top != 0;
  cell.outline = {0, false, b.piece0 + i, b.piece1 + i};
  const CellScratch scratch{b.x + i,    b.crossing + i, b.since + i,
                            b.sign + i, b.active + i,   b.cell_order + i};
  SweepCell(b.fragment + i, b.edges, cell.n, profile, scratch, &cell.outline);
  sink.Cell(cell);
}

/// Index i: a fragment. Where it is the first of its cell, sweeps the cell into the sink; in a row
/// marked serial, the first cell's index sweeps all of the row.
template <typename Sink>
struct SweepCells {
  Batch b;
  Sink sink;

  CA_HD void operator()(int64_t i) const {
    if (i >= b.num_fragments()) return;
    if (!b.StartsCell(i)) {
      sink.NoCell(i);
      return;
    }
    const int64_t row = b.RowOfKey(b.sorted_key[i]);
    if (b.row_is_serial[row] != 0) {
      SweepSerialRow(i, row);
      return;
    }
    const ProfileSnapshot& snapshot = b.snapshot[i];
    RowProfile profile;
    profile.top = snapshot.top;
    profile.count = snapshot.num_steps;
    profile.steps = b.kept_step + snapshot.first_step;
    SweepOneCell(b, i, EndOfCell(b, i, b.FirstOfRow(row + 1)), row, profile, sink);
  }

  CA_HD void SweepSerialRow(int64_t i, int64_t row) const {
    const int64_t begin = b.FirstOfRow(row), end = b.FirstOfRow(row + 1);
    if (i > begin && b.ColumnOfKey(b.sorted_key[i - 1]) >= 0) return;  // not the first cell
    RowProfile profile;
    profile.top = LeftOfRow(b, row);
    profile.steps = b.step + FirstStepOfRow(b, row);
    CrossFragments(b, begin, i, &profile);
    while (i < end) {
      const int64_t cell_end = EndOfCell(b, i, end);
      SweepOneCell(b, i, cell_end, row, profile, sink);
      CrossFragments(b, i, cell_end, &profile);
      i = cell_end;
    }
  }
};

struct BatchVelocity {
  const EdgeVelocity* velocity;
  CA_HD const EdgeVelocity& operator()(int edge) const { return velocity[edge]; }
};

struct BatchEdges {
  const ImageEdge* edges;
  CA_HD const ImageEdge& operator()(int edge) const { return edges[edge]; }
};

/// Into the sums of a Gram matrix: the terms of each cell.
struct GramCells {
  Batch b;
  CA_HD void NoCell(int64_t i) const {
    b.terms[i] = CellTerms{};
    if (b.intrinsics_terms != nullptr) b.intrinsics_terms[i] = IntrinsicsTerms{};
  }
  CA_HD void Cell(const SweptCell& cell) const {
    const Job& job = b.jobs[cell.job];
    const TargetView& target = b.targets[job.target];
    const PixelWindow window{job.view.window};
    CellTerms terms{};
    IntrinsicsTerms own{};
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
        CellJacobian(b.fragment + cell.first, cell.n, cell.outline, velocity, terms.v);
        if (job.intrinsics) {
          CellIntrinsicsJacobian(b.fragment + cell.first, cell.n, cell.outline, job.view,
                                 BatchEdges{b.edges}, own.v);
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
    b.terms[cell.first] = terms;
    if (b.intrinsics_terms != nullptr) b.intrinsics_terms[cell.first] = own;
  }
};

/// The i-th of the 28 products' places (row, column) in the upper triangle.
CA_HD inline void PlaceOfProduct(int i, int* row, int* column) {
  *row = 0;
  while (i >= 7 - *row) i -= 7 - (*row)++;
  *column = *row + i;
}

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

/// Terms of SumInOrder.
struct ProductTerm {
  const CellTerms* terms;
  int row, column;
  CA_HD double operator()(int64_t i) const {
    const CellTerms& t = terms[i];
    return t.weight * t.v[row] * t.v[column];
  }
};
/// Of IntrinsicsSums: the product of a column of the intrinsics with one of [ω, v, r, fx, …].
struct IntrinsicsTerm {
  const CellTerms* terms;
  const IntrinsicsTerms* own;
  int column, other;
  CA_HD double operator()(int64_t i) const {
    const CellTerms& t = terms[i];
    const double* v = own[i].v;
    return t.weight * v[column] * (other < 7 ? t.v[other] : v[other - 7]);
  }
};
struct SumTerm {
  const CellTerms* terms;
  int entry;
  CA_HD double operator()(int64_t i) const { return terms[i].sum[entry]; }
};
struct RowEndTerm {
  const CoverageSums* row_end;
  int entry;
  CA_HD double operator()(int64_t r) const {
    const CoverageSums& s = row_end[r];
    return entry == 0 ? s.cost : entry == 1 ? s.area : entry == 2 ? s.moment_x : s.moment_y;
  }
};
struct ChunkTerm {
  const double* sums;
  int entry;
  int num_entries;
  CA_HD double operator()(int64_t chunk) const { return sums[chunk * num_entries + entry]; }
};

/// Index i: entry i % num_entries of JobSums, summed over chunk i / num_entries of rows: its cells
/// from left to right and top to bottom, then the rows' ends.
struct SumChunks {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    constexpr int kProducts = JobSums::kProducts, kAll = IntrinsicsSums::kAll;
    const int64_t chunk = i / b.num_entries;
    const int entry = static_cast<int>(i % b.num_entries);
    const int32_t j = LastBegin(b.chunk_begin, b.num_jobs, chunk);
    const int64_t first = b.row_begin[j] + (chunk - b.chunk_begin[j]) * kChunkRows;
    const int64_t last = Min(first + kChunkRows, b.row_begin[j + 1]);
    const int64_t begin = b.FirstOfRow(first), end = b.FirstOfRow(last);
    double sum = 0;
    if (entry < kProducts) {
      ProductTerm term{b.terms, 0, 0};
      PlaceOfProduct(entry, &term.row, &term.column);
      sum = SumInOrder(begin, end, term);
    } else if (entry >= JobSums::kEntries) {
      const int place = entry - JobSums::kEntries;
      sum = SumInOrder(begin, end,
                       IntrinsicsTerm{b.terms, b.intrinsics_terms, place / kAll, place % kAll});
    } else {
      sum = SumInOrder(begin, end, SumTerm{b.terms, entry - kProducts});
      if (entry < kProducts + 4) {
        sum += SumInOrder(first, last, RowEndTerm{b.row_end, entry - kProducts});
      }
    }
    b.chunk_sums[i] = sum;
  }
};

/// Index i: entry i % num_entries of job i / num_entries.
struct SumJobs {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    const int64_t j = i / b.num_entries;
    const int entry = static_cast<int>(i % b.num_entries);
    b.job_sums[i] = SumInOrder(b.chunk_begin[j], b.chunk_begin[j + 1],
                               ChunkTerm{b.chunk_sums, entry, b.num_entries});
  }
};

/// Into images: coverage and, if `jacobian` is not null, six derivatives a pixel. The images are 0
/// before.
template <typename Pixel>
struct ImageCells {
  Batch b;
  Pixel* image;
  double* jacobian;

  CA_HD void NoCell(int64_t) const {}
  CA_HD void Fill(int32_t j, int pixel_row, int begin, int end) const {
    Pixel* row = image + b.pixel_begin[j] + static_cast<int64_t>(pixel_row) * b.jobs[j].columns();
    for (int c = begin; c < end; ++c) row[c] = Pixel{1};
  }
  CA_HD void Cell(const SweptCell& cell) const {
    const Job& job = b.jobs[cell.job];
    const PixelWindow window{job.view.window};
    if (cell.run_covered) {
      Fill(cell.job, cell.pixel_row, window.FirstPixel(cell.run_begin),
           window.FirstPixel(cell.column));
    }
    if (!window.HasCenter(cell.column)) return;
    const int64_t pixel = b.pixel_begin[cell.job] +
                          static_cast<int64_t>(cell.pixel_row) * job.columns() +
                          window.Pixel(cell.column);
    image[pixel] = static_cast<Pixel>(cell.outline.area);
    if (jacobian == nullptr || !cell.outline.boundary) return;
    const BatchVelocity velocity{b.velocity};
    CellJacobian(b.fragment + cell.first, cell.n, cell.outline, velocity, jacobian + 6 * pixel);
  }
};

/// Index r: a row. The pixels right of its last fragment.
template <typename Pixel>
struct FinishRows {
  Batch b;
  Pixel* image;
  CA_HD void operator()(int64_t r) const {
    if (b.row_top[r] == 0) return;
    const int32_t j = LastBegin(b.row_begin, b.num_jobs, r);
    const Job& job = b.jobs[j];
    const int64_t begin = b.FirstOfRow(r), end = b.FirstOfRow(r + 1);
    const int first = end > begin ? b.ColumnOfKey(b.sorted_key[end - 1]) + 1 : 0;
    ImageCells<Pixel>{b, image, nullptr}.Fill(j, static_cast<int>(r - b.row_begin[j]),
                                              PixelWindow{job.view.window}.FirstPixel(first),
                                              job.columns());
  }
};

}  // namespace ceres_align::batch
