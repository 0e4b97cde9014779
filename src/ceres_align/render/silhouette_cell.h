// Exact coverage of one pixel and its derivative from the fragments inside it; one source for
// host and device.
//
// w as a function of y along the pixel's left side (its profile) is known from the pixels to the
// left. Slabs between all y at which something starts or ends hold edges that run from top to
// bottom; where two of them cross, the slab is split; then every edge's x at mid-height gives its
// trapezoid exactly. Each change 0 <-> nonzero of w adds to the area and is a piece of outline.
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

/// Working memory for cells: `ys` room for 2·fragments + steps + 2, the others for fragments.
struct CellScratch {
  double* ys;
  double* x;
  int* active;
};

namespace internal {

CA_HD inline double FragmentX(const Fragment& f, const ImageEdge& edge, double y) {
  const double x = f.xa + (y - f.ya) * edge.slope;
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
  const double x = FragmentX(f, edge, 0.5 * (y0 + y1));
  AddPiece(f, edge, y0, y1, w_right != 0 ? 1.0 : -1.0, i, out);
  return w_right != 0 ? h * (1.0 - x) : h * x;
}

CA_HD inline void SortByX(const double* x, int n, int* order) {
  for (int i = 1; i < n; ++i) {
    const int k = order[i];
    int j = i;
    for (; j > 0 && (x[order[j - 1]] > x[k] || (x[order[j - 1]] == x[k] && order[j - 1] > k)); --j)
      order[j] = order[j - 1];
    order[j] = k;
  }
}

/// Where two neighbours in the order at mid-height change places inside (lo, hi); hi if nowhere.
CA_HD inline double FirstCrossing(const Fragment* f, const ImageEdge* edges, const int* order,
                                  int n, double lo, double hi) {
  constexpr double kNone = 1e-13;
  for (int i = 1; i < n; ++i) {
    const Fragment &a = f[order[i - 1]], &b = f[order[i]];
    const double at_lo = FragmentX(b, edges[b.edge], lo) - FragmentX(a, edges[a.edge], lo);
    const double at_hi = FragmentX(b, edges[b.edge], hi) - FragmentX(a, edges[a.edge], hi);
    if (at_lo >= 0 && at_hi >= 0) continue;
    const double y = lo + (hi - lo) * (at_lo / (at_lo - at_hi));
    if (y - lo > kNone && hi - y > kNone) return y;
  }
  return hi;
}

/// Several fragments over all of [y0, y1].
CA_HD inline double MultiSlab(const Fragment* f, const ImageEdge* edges, int n, int w_left,
                              double y0, double y1, const CellScratch& scratch, CellOutline* out) {
  double area = 0, lo = y0;
  while (lo < y1) {
    double hi = y1;
    for (;;) {
      const double mid = 0.5 * (lo + hi);
      for (int i = 0; i < n; ++i) {
        const int k = scratch.active[i];
        scratch.x[k] = FragmentX(f[k], edges[f[k].edge], mid);
      }
      SortByX(scratch.x, n, scratch.active);
      const double y = FirstCrossing(f, edges, scratch.active, n, lo, hi);
      if (y >= hi) break;
      hi = y;
    }
    const double h = hi - lo;
    int w = w_left;
    if (w != 0) area += h;
    for (int i = 0; i < n; ++i) {
      const int k = scratch.active[i];
      const int w_right = w + f[k].multiplicity;
      if ((w != 0) != (w_right != 0)) {
        const double sign = w_right != 0 ? 1.0 : -1.0;
        area += sign * h * (1.0 - scratch.x[k]);
        AddPiece(f[k], edges[f[k].edge], lo, hi, sign, k, out);
      }
      w = w_right;
    }
    lo = hi;
  }
  return area;
}

CA_HD inline int InsertSorted(double y, double* ys, int n) {
  int i = n;
  while (i > 0 && ys[i - 1] > y) --i;
  if (i > 0 && ys[i - 1] == y) return n;
  for (int k = n; k > i; --k) ys[k] = ys[k - 1];
  ys[i] = y;
  return n + 1;
}

/// The lowest w that the profile and the cell's fragments allow.
CA_HD inline int LowestW(const RowProfile& profile, const Fragment* f, int n) {
  int w = profile.top, lowest = w;
  for (int i = 0; i < profile.count; ++i) lowest = Min(lowest, w += profile.steps[i].dw);
  for (int i = 0; i < n; ++i) lowest += Min(f[i].multiplicity, 0);
  return lowest;
}

CA_HD inline double SlabbedArea(const Fragment* f, const ImageEdge* edges, int n,
                                const RowProfile& profile, const CellScratch& scratch,
                                CellOutline* out) {
  double* ys = scratch.ys;
  int num_ys = 2;
  ys[0] = 0;
  ys[1] = 1;
  for (int i = 0; i < profile.count; ++i) num_ys = InsertSorted(profile.steps[i].y, ys, num_ys);
  for (int i = 0; i < n; ++i) {
    num_ys = InsertSorted(f[i].ya, ys, num_ys);
    num_ys = InsertSorted(f[i].yb, ys, num_ys);
  }
  double area = 0;
  int w = profile.top, step = 0;
  for (int s = 0; s + 1 < num_ys; ++s) {
    const double y0 = ys[s], y1 = ys[s + 1];
    while (step < profile.count && profile.steps[step].y <= y0) w += profile.steps[step++].dw;
    int num_active = 0;
    for (int i = 0; i < n; ++i) {
      if (f[i].ya <= y0 && f[i].yb >= y1) scratch.active[num_active++] = i;
    }
    if (num_active == 0) {
      if (w != 0) area += y1 - y0;
    } else if (num_active == 1) {
      const int i = scratch.active[0];
      area += SingleSlab(f[i], edges[f[i].edge], w, y0, y1, i, out);
    } else {
      area += MultiSlab(f, edges, num_active, w, y0, y1, scratch, out);
    }
  }
  return area;
}

}  // namespace internal

/// Coverage of the pixel that fragments f[0..n) lie in, `profile` along its left side. Fills
/// out->area, boundary and the n pieces. Does not move the profile on.
CA_HD inline void SweepCell(const Fragment* f, const ImageEdge* edges, int n,
                            const RowProfile& profile, const CellScratch& scratch,
                            CellOutline* out) {
  out->boundary = false;
  if (internal::LowestW(profile, f, n) > 0) {
    out->area = 1;
    return;
  }
  for (int i = 0; i < n; ++i) out->piece0[i] = out->piece1[i] = 0;
  if (n == 1 && profile.count == 0) {
    const double h = f[0].yb - f[0].ya;
    out->area = internal::SingleSlab(f[0], edges[f[0].edge], profile.top, f[0].ya, f[0].yb, 0, out);
    if (profile.top != 0) out->area += 1.0 - h;
    return;
  }
  out->area = internal::SlabbedArea(f, edges, n, profile, scratch, out);
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
    for (; next < end; ++next) Cross(profile, f[next].ya, f[next].yb, f[next].multiplicity);
    column = cell + 1;
  }
  if (column < width) sink.Run(column, width, profile->top != 0);
}

}  // namespace ceres_align
