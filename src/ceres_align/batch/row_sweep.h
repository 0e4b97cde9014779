// The cells of a row swept by one warp. What a cell needs of the cells on its left is the profile
// (silhouette_cell.h), a sum of integers by y: so every lane takes a segment of the row, tells what
// crossing it changes, one lane adds those up from left to right, and each lane starts from there.
#pragma once

#include "ceres_align/batch/row_sort.h"

namespace ceres_align::batch {

/// A lane's part of a row, whole cells: fragments [begin, end) of the row.
struct Segment {
  int begin, end;
  int num_cells;  ///< right of the frame's left side
  int net_top, net_count;
  int start_top, start_count;
  int64_t start_at;  ///< of Batch::start_step, from the row's own part on
};

struct RowShared {
  SortShared sort;
  Segment segment[kWarpLanes];
  int num_rounds, end_top;
  bool is_serial;  ///< there is no room for all lanes' profiles
  bool is_live[kWarpLanes];
  CellTerms terms[kWarpLanes];
  double sum[JobSums::kEntries + JobSums::kIntrinsics];
};

/// A cell after its sweep.
struct SweptCell {
  const Fragment* fragments;
  int n;
  int32_t job;
  int pixel_row;
  int column;     ///< of the sweep
  int run_begin;  ///< columns [run_begin, column) have no fragments
  bool run_covered;
  CellOutline outline;
};

/// One row of a job.
struct RowSweep {
  const Batch& b;
  const Job& job;
  int32_t j;
  int64_t row;
  RowSlice slice;
  int64_t first;  ///< fragment of the batch

  CA_HD RowSweep(const Batch& batch, int32_t job_index, int64_t r)
      : b(batch),
        job(batch.jobs[job_index]),
        j(job_index),
        row(r),
        slice(batch, job, r),
        first(batch.row_first[r]) {}

  CA_HD int ColumnOf(int i) const { return FragmentKey::Column(slice.sorted_key[i]); }
  CA_HD int pixel_row() const { return static_cast<int>(row - b.row_begin[j]); }
  CA_HD int EndOfCell(int i) const {
    const int column = ColumnOf(i);
    int end = i + 1;
    while (end < slice.n && ColumnOf(end) == column) ++end;
    return end;
  }
  /// The first cell that starts at or after i.
  CA_HD int StartOfCell(int i) const {
    return i == 0 || i >= slice.n ? Min(i, slice.n) : EndOfCell(i - 1);
  }
  CA_HD void CrossAll(int begin, int end, RowProfile* profile) const {
    for (int i = begin; i < end; ++i) {
      const Fragment& f = slice.fragment[i];
      Cross(profile, f.ya, f.yb, f.multiplicity);
    }
  }

  CA_HD RowProfile::Step* net_steps(int i) const { return b.net_step + 2 * (first + i); }
  CA_HD RowProfile::Step* start_steps() const { return b.start_step + 4 * first; }
  CA_HD RowProfile::Step* work_steps() const { return b.work_step + 2 * first; }
  CA_HD RowProfile StartOfRow() const {
    RowProfile profile;
    profile.top = b.row_left[row];
    profile.steps = work_steps();
    return profile;
  }

  /// A lane's segment, and what crossing it changes.
  CA_HD Segment SegmentOf(int lane) const {
    const auto share = [&](int l) { return static_cast<int>(int64_t{slice.n} * l / kWarpLanes); };
    Segment s{};
    s.begin = StartOfCell(share(lane));
    s.end = StartOfCell(share(lane + 1));
    if (s.begin >= s.end) return s;
    for (int i = s.begin; i < s.end; i = EndOfCell(i)) s.num_cells += ColumnOf(i) >= 0 ? 1 : 0;
    RowProfile net;
    net.steps = net_steps(s.begin);
    CrossAll(s.begin, s.end, &net);
    s.net_top = net.top;
    s.net_count = net.count;
    return s;
  }

  /// Each segment's profile on its left, with room to cross the segment. By one lane.
  CA_HD void AddUpSegments(RowShared& s) const {
    const int64_t room = Min(4 * (int64_t{slice.n} + 1), b.most_start_steps);
    RowProfile profile = StartOfRow();
    int64_t at = 0;
    s.is_serial = false;
    s.num_rounds = 0;
    for (Segment& segment : s.segment) {
      if (segment.begin >= segment.end) continue;
      s.num_rounds = Max(s.num_rounds, segment.num_cells);
      segment.start_top = profile.top;
      segment.start_count = profile.count;
      segment.start_at = at;
      at += profile.count + 2 * (segment.end - segment.begin);
      if (at > room) {
        s.is_serial = true;
      } else {
        RowProfile::Step* const to = start_steps() + segment.start_at;
        for (int k = 0; k < profile.count; ++k) to[k] = profile.steps[k];
      }
      profile.top += segment.net_top;
      const RowProfile::Step* const net = net_steps(segment.begin);
      for (int k = 0; k < segment.net_count; ++k) AddStep(&profile, net[k].y, net[k].dw);
    }
    s.end_top = profile.top;
  }

  /// Sweeps the cell of fragments [i, end).
  CA_HD SweptCell SweepOne(int i, int end, const RowProfile& profile) const {
    SweptCell cell;
    cell.fragments = slice.fragment + i;
    cell.n = end - i;
    cell.job = j;
    cell.pixel_row = pixel_row();
    cell.column = ColumnOf(i);
    cell.run_begin = i > 0 ? ColumnOf(i - 1) + 1 : 0;
    cell.run_covered = profile.top != 0;
    const int64_t f = first + i;
    cell.outline = {0, false, b.piece0 + f, b.piece1 + f};
    const CellScratch scratch{b.x + f,    b.crossing + f, b.since + f,
                              b.sign + f, b.active + f,   b.cell_order + f};
    SweepCell(cell.fragments, b.edges, cell.n, profile, scratch, &cell.outline);
    return cell;
  }

  /// The column after the row's last fragment.
  CA_HD int FirstFreeColumn() const { return slice.n > 0 ? ColumnOf(slice.n - 1) + 1 : 0; }
};

/// Where a lane is on its way through its segment.
struct LaneWalk {
  int next, end;
  RowProfile profile;

  LaneWalk() = default;
  CA_HD LaneWalk(const RowSweep& sweep, const Segment& segment, bool is_serial)
      : next(segment.begin), end(is_serial ? segment.begin : segment.end) {
    profile.top = segment.start_top;
    profile.count = segment.start_count;
    profile.steps = sweep.start_steps() + segment.start_at;
    if (next < end && sweep.ColumnOf(next) < 0) MoveTo(sweep, sweep.EndOfCell(next));
  }
  CA_HD void MoveTo(const RowSweep& sweep, int to) {
    sweep.CrossAll(next, to, &profile);
    next = to;
  }
};

/// The round-th cell of each segment, by one lane: finds the profile again from the row's left
/// side for each.
template <typename Sink>
CA_HD inline void SweepRoundSerially(const RowSweep& sweep, int round, const Sink& sink,
                                     RowShared& s) {
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    const Segment& segment = s.segment[lane];
    s.is_live[lane] = round < segment.num_cells;
    if (!s.is_live[lane]) continue;
    int i = segment.begin;
    if (sweep.ColumnOf(i) < 0) i = sweep.EndOfCell(i);
    for (int k = 0; k < round; ++k) i = sweep.EndOfCell(i);
    RowProfile profile = sweep.StartOfRow();
    sweep.CrossAll(0, i, &profile);
    sink.Cell(sweep.SweepOne(i, sweep.EndOfCell(i), profile), &s.terms[lane]);
  }
}

/// Sweeps a row into the sink: sink.Cell(swept, &terms) for every cell, by any lane, and after each
/// round, a cell of each segment, sink.AddRound(warp, s) for the terms of those that are live.
template <typename Warp, typename Sink>
CA_HD inline void SweepCells(const Warp& warp, const RowSweep& sweep, const Sink& sink,
                             RowShared& s) {
  warp.ForLanes([&](int lane) { s.segment[lane] = sweep.SegmentOf(lane); });
  warp.ForLanes([&](int lane) {
    if (lane == 0) sweep.AddUpSegments(s);
  });
  const bool is_serial = s.is_serial;
  const int num_rounds = s.num_rounds;
  typename Warp::template PerLane<LaneWalk> walks;
  warp.ForLanes([&](int lane) { walks[lane] = LaneWalk(sweep, s.segment[lane], is_serial); });
  for (int round = 0; round < num_rounds; ++round) {
    warp.ForLanes([&](int lane) {
      if (is_serial) {
        if (lane == 0) SweepRoundSerially(sweep, round, sink, s);
        return;
      }
      LaneWalk& walk = walks[lane];
      s.is_live[lane] = walk.next < walk.end;
      if (!s.is_live[lane]) return;
      const int end = sweep.EndOfCell(walk.next);
      sink.Cell(sweep.SweepOne(walk.next, end, walk.profile), &s.terms[lane]);
      if (end < walk.end) walk.MoveTo(sweep, end);
      walk.next = end;
    });
    sink.AddRound(warp, s);
  }
}

}  // namespace ceres_align::batch
