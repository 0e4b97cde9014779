// Exact coverage of one pixel and its derivative from the fragments inside it; one source for
// host and device.
//
// w as a function of y along the pixel's left side (its profile) is known from the pixels to the
// left. A horizontal line sweeps the pixel from top to bottom, keeps the edges it meets in order
// of x, and knows which of them part covered from empty. An edge's stretch as outline ends where
// it ends, where it crosses a neighbour, or where something to its left starts or ends; each
// stretch is straight, so its trapezoid is exact, and it is a piece for the Jacobian.
#pragma once

#include "ceres_align/render/silhouette_split.h"

namespace ceres_align {

/// w(y) along a vertical line through one row of pixels: `top` at y = 0, then steps in order of
/// y, all at different y in (0, 1). `steps` has room for two per fragment of the row.
struct RowProfile {
  struct Step {
    double y;
    int dw;
  };
  int top = 0;
  int count = 0;
  Step* steps = nullptr;
};

CA_HD inline void AddStep(RowProfile* profile, double y, int dw) {
  int i = profile->count;
  while (i > 0 && profile->steps[i - 1].y > y) --i;
  if (i > 0 && profile->steps[i - 1].y == y) {
    // Ends that meet have bitwise equal y, so what closes leaves nothing behind.
    if ((profile->steps[i - 1].dw += dw) != 0) return;
    for (int k = i; k < profile->count; ++k) profile->steps[k - 1] = profile->steps[k];
    --profile->count;
    return;
  }
  for (int k = profile->count; k > i; --k) profile->steps[k] = profile->steps[k - 1];
  profile->steps[i] = {y, dw};
  ++profile->count;
}

/// Moves the profile from a fragment's left to its right.
CA_HD inline void Cross(RowProfile* profile, double ya, double yb, int m) {
  if (ya <= 0) {
    profile->top += m;
  } else {
    AddStep(profile, ya, m);
  }
  if (yb < 1) AddStep(profile, yb, -m);
}

/// How the outline in one pixel is made up: dM/dp = Σ_i piece0[i]·k0(edge_i) + piece1[i]·k1.
struct CellOutline {
  double area;
  bool boundary;   ///< some piece is nonzero
  double* piece0;  ///< one per fragment of the cell
  double* piece1;
};

/// Working memory for cells, room for the cell's fragments in each.
struct CellScratch {
  double* x;         ///< key to sort by
  double* crossing;  ///< where the active fragments i and i + 1 change places
  double* since;     ///< y from which a fragment is outline
  int* sign;         ///< +1: outline, covered on its right; −1: on its left; 0: no outline
  int* active;       ///< the fragments that the sweep line meets, in order of x
  int* order;        ///< all of them by growing ya, after SweepCell
};

namespace internal {

CA_HD inline double FragmentX(const Fragment& f, double y) {
  const double x = f.xa + (y - f.ya) * f.slope;
  return f.xa < f.xb ? Min(Max(x, f.xa), f.xb) : Min(Max(x, f.xb), f.xa);
}

/// Adds the piece [y0, y1] of fragment i as outline; sign +1: covered on its right.
CA_HD inline void AddPiece(const Fragment& f, const ImageEdge& edge, double y0, double y1,
                           double sign, int i, CellOutline* out) {
  const double length = sign * (y1 - y0);
  const double u = (f.row + 0.5 * (y0 + y1) - edge.y0) * edge.inv_dy;
  out->piece0[i] += length * (1.0 - u);
  out->piece1[i] += length * u;
  out->boundary = true;
}

/// One fragment over [y0, y1] with w to its left: the slab's covered area.
CA_HD inline double SingleSlab(const Fragment& f, const ImageEdge& edge, int w, double y0,
                               double y1, int i, CellOutline* out) {
  const double h = y1 - y0;
  const int w_right = w + f.multiplicity;
  if ((w != 0) == (w_right != 0)) return w != 0 ? h : 0.0;
  const double x = FragmentX(f, 0.5 * (y0 + y1));
  AddPiece(f, edge, y0, y1, w_right != 0 ? 1.0 : -1.0, i, out);
  return w_right != 0 ? h * (1.0 - x) : h * x;
}

/// Sorts indices by key, then by index. Shell sort: no recursion, no memory, and an insertion
/// sort where there are few.
CA_HD inline void SortByKey(const double* key, int n, int* order) {
  int gap = 1;
  while (gap < n / 9) gap = 3 * gap + 1;
  for (; gap > 0; gap /= 3) {
    for (int i = gap; i < n; ++i) {
      const int k = order[i];
      int j = i;
      for (; j >= gap; j -= gap) {
        const int other = order[j - gap];
        if (key[other] < key[k] || (key[other] == key[k] && other < k)) break;
        order[j] = other;
      }
      order[j] = k;
    }
  }
}

/// The lowest w that the profile and the cell's fragments allow.
CA_HD inline int LowestW(const RowProfile& profile, const Fragment* f, int n) {
  int w = profile.top, lowest = w;
  for (int i = 0; i < profile.count; ++i) lowest = Min(lowest, w += profile.steps[i].dw);
  for (int i = 0; i < n; ++i) lowest += Min(f[i].multiplicity, 0);
  return lowest;
}

/// The length of the y in [top, bottom] at which the profile is not 0.
CA_HD inline double CoveredHeight(const RowProfile& profile, double top, double bottom) {
  double y = top, height = 0;
  int w = profile.top;
  for (int i = 0; i < profile.count; ++i) {
    if (w != 0) height += profile.steps[i].y - y;
    w += profile.steps[i].dw;
    y = profile.steps[i].y;
  }
  return w != 0 ? height + (bottom - y) : height;
}

/// The cell under the sweep line.
struct CellSweep {
  const Fragment* f;
  const ImageEdge* edges;
  CellScratch s;
  CellOutline* out;
  double right = 1;  // the side of the cell, or of the part of it that is swept
  int num_active = 0;
  int negative = 0;     // sum of the active fragments' negative multiplicities
  int num_outline = 0;  // active fragments with a sign
  bool ordered = true;  // the active fragments are in order of x, and their crossings are known
  double area = 0;

  static constexpr double kNever = 2;  // a y outside the cell

  /// Gives fragment k a sign from y on; what it was before becomes a piece.
  CA_HD void SetSign(int k, int sign, double y) {
    if (s.sign[k] == sign) return;
    if (s.sign[k] != 0) {
      --num_outline;
      if (y > s.since[k]) {
        const double h = y - s.since[k];
        const double x = FragmentX(f[k], 0.5 * (s.since[k] + y));
        area += s.sign[k] * h * (right - x);
        AddPiece(f[k], edges[f[k].edge], s.since[k], y, s.sign[k], k, out);
      }
    }
    if (sign != 0) ++num_outline;
    s.sign[k] = sign;
    s.since[k] = y;
  }

  /// Order just below y: by x, then by where the edges lead.
  CA_HD bool Before(int a, double x_a, int b, double x_b) const {
    if (x_a != x_b) return x_a < x_b;
    return f[a].slope != f[b].slope ? f[a].slope < f[b].slope : a < b;
  }

  CA_HD void Order(double y) {
    for (int i = 0; i < num_active; ++i) {
      const int k = s.active[i];
      const double x = s.x[k] = FragmentX(f[k], y);
      int j = i;
      for (; j > 0 && Before(k, x, s.active[j - 1], s.x[s.active[j - 1]]); --j) {
        s.active[j] = s.active[j - 1];
      }
      s.active[j] = k;
    }
    for (int i = 0; i + 1 < num_active; ++i) s.crossing[i] = CrossingOf(i, y);
    ordered = true;
  }

  CA_HD void SetAllSigns(int w, double y) {
    for (int i = 0; i < num_active; ++i) {
      const int k = s.active[i];
      const int w_right = w + f[k].multiplicity;
      SetSign(k, (w_right != 0 ? 1 : 0) - (w != 0 ? 1 : 0), y);
      w = w_right;
    }
  }

  /// Where the active fragments i, i + 1 meet at or below y; kNever if they part.
  CA_HD double CrossingOf(int i, double y) const {
    const Fragment &a = f[s.active[i]], &b = f[s.active[i + 1]];
    const double closing = a.slope - b.slope;
    if (!(closing > 0) || (a.yb == b.yb && a.xb == b.xb)) return kNever;  // or meet at their ends
    return y + Max(FragmentX(b, y) - FragmentX(a, y), 0.0) / closing;
  }
  CA_HD void UpdateCrossings(int i, double y) const {
    if (i > 0) s.crossing[i - 1] = CrossingOf(i - 1, y);
    if (i + 1 < num_active) s.crossing[i] = CrossingOf(i, y);
  }

  /// All crossings before y1, in order of y. Two lines swap at most once: afterwards they part.
  CA_HD void SweepCrossings(int w_left, double y0, double y1) {
    for (;;) {
      int i = 0;
      for (int k = 1; k + 1 < num_active; ++k) {
        if (s.crossing[k] < s.crossing[i]) i = k;
      }
      const double y = Max(s.crossing[i], y0);
      if (!(y < y1)) return;
      int w = w_left;
      for (int k = 0; k < i; ++k) w += f[s.active[k]].multiplicity;
      const int b = s.active[i], a = s.active[i + 1];
      s.active[i] = a;
      s.active[i + 1] = b;
      const int w_between = w + f[a].multiplicity, w_right = w_between + f[b].multiplicity;
      SetSign(a, (w_between != 0 ? 1 : 0) - (w != 0 ? 1 : 0), y);
      SetSign(b, (w_right != 0 ? 1 : 0) - (w_between != 0 ? 1 : 0), y);
      s.crossing[i] = kNever;
      if (i > 0) s.crossing[i - 1] = CrossingOf(i - 1, y);
      if (i + 2 < num_active) s.crossing[i + 1] = CrossingOf(i + 1, y);
    }
  }

  /// Takes the fragment that goes on where active fragment i ends, if the sweep line meets it now,
  /// from order[*first, last), in i's place.
  CA_HD bool Continue(int i, double y, int* first, int last) {
    const int k = s.active[i];
    for (int t = *first; t < last; ++t) {
      const int next = s.order[t];
      if (f[next].ya != f[k].yb || f[next].xa != f[k].xb ||
          f[next].multiplicity != f[k].multiplicity || !(f[next].yb > y)) {
        continue;
      }
      s.order[t] = s.order[*first];
      s.order[(*first)++] = next;
      const int sign = s.sign[k];
      SetSign(k, 0, y);
      s.sign[next] = 0;
      SetSign(next, sign, y);
      s.active[i] = next;
      return true;
    }
    return false;
  }

  CA_HD void Remove(int i, double y) {
    const int k = s.active[i];
    SetSign(k, 0, y);
    negative -= Min(f[k].multiplicity, 0);
    --num_active;
    for (int j = i; j < num_active; ++j) {
      s.active[j] = s.active[j + 1];
      s.crossing[j] = s.crossing[j + 1];
    }
    if (ordered && i > 0 && i < num_active) s.crossing[i - 1] = CrossingOf(i - 1, y);
  }

  CA_HD void Insert(int k, double y) {
    s.sign[k] = 0;
    negative += Min(f[k].multiplicity, 0);
    int i = num_active++;
    if (!ordered) {
      s.active[i] = k;
      return;
    }
    const double x = FragmentX(f[k], y);
    for (; i > 0; --i) {
      const int other = s.active[i - 1];
      if (!Before(k, x, other, FragmentX(f[other], y))) break;
      s.active[i] = other;
      s.crossing[i] = s.crossing[i - 1];
    }
    s.active[i] = k;
    UpdateCrossings(i, y);
  }

  /// Lets fragments end and start at y and returns where the next one does, at most `next`.
  CA_HD double StartAndEnd(int n, double y, double next, int* start) {
    int first = *start, last = first;
    while (last < n && f[s.order[last]].ya <= y) ++last;
    for (int i = 0; i < num_active;) {
      if (f[s.active[i]].yb > y) {
        ++i;
      } else if (first < last && Continue(i, y, &first, last)) {
        if (ordered) UpdateCrossings(i, y);
        ++i;
      } else {
        Remove(i, y);
      }
    }
    for (; first < last; ++first) {
      if (f[s.order[first]].yb > y) Insert(s.order[first], y);
    }
    *start = last;
    if (last < n) next = Min(next, f[s.order[last]].ya);
    for (int i = 0; i < num_active; ++i) next = Min(next, f[s.active[i]].yb);
    return next;
  }

  /// From y = top to bottom. w left of it counts over the width from `left` to `right`.
  CA_HD void Sweep(int n, const RowProfile& profile, double left, double top, double bottom) {
    double y = top;
    int w = profile.top, step = 0, start = 0;
    while (y < bottom) {
      while (step < profile.count && profile.steps[step].y <= y) w += profile.steps[step++].dw;
      const double next =
          StartAndEnd(n, y, step < profile.count ? profile.steps[step].y : bottom, &start);
      if (w != 0) area += (right - left) * (next - y);
      if (w + negative > 0) {
        // Covered throughout, whatever their order: it is found again when it matters.
        for (int i = 0; num_outline > 0; ++i) SetSign(s.active[i], 0, y);
        ordered = num_active < 2;
      } else {
        if (!ordered) Order(y);
        SetAllSigns(w, y);
        if (num_active > 1) SweepCrossings(w, y, next);
      }
      y = next;
    }
    for (int i = 0; i < num_active; ++i) SetSign(s.active[i], 0, bottom);
  }
};

/// A chain: no two fragments share a y, so there is no order of x to keep.
struct ChainSweep {
  const RowProfile& profile;
  double y = 0, area = 0;
  int w, step = 0;

  CA_HD explicit ChainSweep(const RowProfile& row_profile)
      : profile(row_profile), w(row_profile.top) {}

  CA_HD double NextStep(double end) const {
    return step < profile.count ? Min(end, profile.steps[step].y) : end;
  }
  CA_HD void MoveTo(double next) {
    y = next;
    while (step < profile.count && profile.steps[step].y <= y) w += profile.steps[step++].dw;
  }
  CA_HD void Gap(double end) {
    while (y < end) {
      const double next = NextStep(end);
      if (w != 0) area += next - y;
      MoveTo(next);
    }
  }
  CA_HD void Along(const Fragment& f, const ImageEdge& edge, int i, CellOutline* out) {
    while (y < f.yb) {
      const double next = NextStep(f.yb);
      area += SingleSlab(f, edge, w, y, next, i, out);
      MoveTo(next);
    }
  }
};

CA_HD inline bool IsChain(const Fragment* f, const int* order, int n) {
  for (int i = 1; i < n; ++i) {
    if (f[order[i - 1]].yb > f[order[i]].ya) return false;
  }
  return true;
}

}  // namespace internal

/// Coverage of the pixel that fragments f[0..n) lie in, `profile` along its left side. Fills
/// out->area, boundary and the n pieces. Does not move the profile on.
CA_HD inline void SweepCell(const Fragment* f, const ImageEdge* edges, int n,
                            const RowProfile& profile, const CellScratch& scratch,
                            CellOutline* out) {
  out->boundary = false;
  if (n == 1 && profile.count == 0) {
    scratch.order[0] = 0;
    out->piece0[0] = out->piece1[0] = 0;
    out->area = internal::SingleSlab(f[0], edges[f[0].edge], profile.top, f[0].ya, f[0].yb, 0, out);
    if (profile.top != 0) out->area += 1.0 - (f[0].yb - f[0].ya);
    return;
  }
  for (int i = 0; i < n; ++i) {
    scratch.order[i] = i;
    scratch.x[i] = f[i].ya;
  }
  if (n > 1) internal::SortByKey(scratch.x, n, scratch.order);
  if (internal::LowestW(profile, f, n) > 0) {
    out->area = 1;
    return;
  }
  for (int i = 0; i < n; ++i) out->piece0[i] = out->piece1[i] = 0;
  if (internal::IsChain(f, scratch.order, n)) {
    internal::ChainSweep chain(profile);
    for (int i = 0; i < n; ++i) {
      const int k = scratch.order[i];
      chain.Gap(f[k].ya);
      chain.Along(f[k], edges[f[k].edge], k, out);
    }
    chain.Gap(1.0);
    out->area = chain.area;
    return;
  }
  internal::CellSweep sweep{f, edges, scratch, out};
  sweep.Sweep(n, profile, 0.0, 0.0, 1.0);
  out->area = sweep.area;
}

/// Sweeps one row from left to right. `f[0..n)`: the row's fragments sorted by column, then by
/// edge order; profile: `top` is w left of all of them, no steps. Calls
///   sink.Run(begin, end, covered)                  for pixels that no edge passes,
///   sink.Cell(column, f, n, const CellOutline&)    for the others, in order of columns.
template <typename Sink>
CA_HD inline void SweepRow(const Fragment* f, const ImageEdge* edges, int n, int width,
                           RowProfile* profile, const CellScratch& scratch, CellOutline* outline,
                           Sink& sink) {
  int next = 0, column = 0;
  for (; next < n && f[next].column < 0; ++next) {
    Cross(profile, f[next].ya, f[next].yb, f[next].multiplicity);
  }
  while (next < n) {
    const int cell = f[next].column;
    if (cell > column) sink.Run(column, cell, profile->top != 0);
    int end = next + 1;
    while (end < n && f[end].column == cell) ++end;
    SweepCell(f + next, edges, end - next, *profile, scratch, outline);
    sink.Cell(cell, f + next, end - next, *outline);
    // In order of ya: what a chain opens, its next edge closes, so the profile stays short.
    for (int i = 0; i < end - next; ++i) {
      const Fragment& moved = f[next + scratch.order[i]];
      Cross(profile, moved.ya, moved.yb, moved.multiplicity);
    }
    next = end;
    column = cell + 1;
  }
  if (column < width) sink.Run(column, width, profile->top != 0);
}

}  // namespace ceres_align
