#include "ceres_align/render/cell_pairs.h"

#include <algorithm>

#include "ceres_align/render/for_each_cpu.h"

namespace ceres_align {
namespace {

constexpr int kLanes = 8;
int Padded(int n) { return (n + kLanes - 1) / kLanes * kLanes; }

// Fragments as a structure of arrays.
struct Arrays {
  const double *xa, *ya, *xb, *yb, *slope;
  const int64_t* multiplicity;
};

// For each fragment i: w[i] on its left at its upper end, to which what lies left of it there is
// added; state[i]: kHidden if it is no outline, else kAlone if no other crosses it, else kCrossed.
// False if some pair coincides.
constexpr int64_t kHidden = 0, kAlone = 1, kCrossed = 2;

inline int64_t StateOf(int64_t w, int64_t multiplicity, int64_t loss, bool is_crossed) {
  const int64_t right = w + multiplicity;
  if ((w < right ? w : right) + loss > 0) return kHidden;
  return is_crossed ? kCrossed : (w != 0) != (right != 0) ? kAlone : kHidden;
}

CA_FOR_EACH_CPU
bool RelateAll(const Arrays& f, int n, int64_t* __restrict w, int64_t* __restrict state) {
  const double* __restrict xa = f.xa, * __restrict ya = f.ya, * __restrict xb = f.xb;
  const double* __restrict yb = f.yb, * __restrict slope = f.slope;
  const int64_t* __restrict multiplicity = f.multiplicity;
  const int padded = Padded(n);
  int64_t coincident = 0;
  for (int i = 0; i < n; ++i) {
    const double xa_i = xa[i], ya_i = ya[i], xb_i = xb[i], yb_i = yb[i], slope_i = slope[i];
    // Sums of two kinds in one number, so that there are two to add up over the lanes: w on the
    // left and 2³² times what the crossings may take; crossings and 2³² times pairs that coincide.
    int64_t left_and_loss = 0, crossed_and_same = 0;
    for (int j = 0; j < padded; ++j) {
      const double y0 = ya[j] > ya_i ? ya[j] : ya_i;
      const double y1 = yb[j] < yb_i ? yb[j] : yb_i;
      const double x_i0 = xa_i + (y0 - ya_i) * slope_i, x_i1 = xa_i + (y1 - ya_i) * slope_i;
      const double x_j0 = xa[j] + (y0 - ya[j]) * slope[j];
      const double x_j1 = xa[j] + (y1 - ya[j]) * slope[j];
      const double d0 = x_j0 - x_i0;
      const double d1 = (y1 == yb[j] ? xb[j] : x_j1) - (y1 == yb_i ? xb_i : x_i1);
      const int64_t m = y0 < y1 ? multiplicity[j] : 0;
      const int64_t left0 = (d0 < 0) | ((d0 == 0) & (d1 < 0)) ? m : 0;
      const int64_t left1 = (d1 < 0) | ((d1 == 0) & (d0 < 0)) ? m : 0;
      const int64_t change = left1 - left0;
      const uint64_t taken = static_cast<uint64_t>(change < 0 ? change : 0) << 32;
      left_and_loss += (ya[j] <= ya_i ? left0 : 0) + static_cast<int64_t>(taken);
      crossed_and_same +=
          (change != 0 ? 1 : 0) + ((d0 == 0) & (d1 == 0) & (y0 < y1) ? int64_t{1} << 32 : 0);
    }
    const int64_t left = static_cast<int32_t>(left_and_loss), loss = (left_and_loss - left) >> 32;
    const bool is_crossed = (crossed_and_same & 0xFFFFFFFF) != 0;
    w[i] += left;
    state[i] = ya_i < yb_i ? StateOf(w[i], multiplicity[i], loss, is_crossed) : kHidden;
    coincident += (crossed_and_same >> 32) - (ya_i < yb_i ? 1 : 0);  // not with itself
  }
  return coincident == 0;
}

// Where fragments j cross fragment i, and by how much w changes there; 0: they do not cross.
CA_FOR_EACH_CPU
void CrossingsOf(const double* __restrict xa, const double* __restrict ya,
                 const double* __restrict xb, const double* __restrict yb,
                 const double* __restrict slope, const int64_t* __restrict multiplicity, int i,
                 int padded, double* __restrict y, int64_t* __restrict change) {
  const double xa_i = xa[i], ya_i = ya[i], xb_i = xb[i], yb_i = yb[i], slope_i = slope[i];
  for (int j = 0; j < padded; ++j) {
    const double y0 = ya[j] > ya_i ? ya[j] : ya_i;
    const double y1 = yb[j] < yb_i ? yb[j] : yb_i;
    const double x_i0 = xa_i + (y0 - ya_i) * slope_i, x_i1 = xa_i + (y1 - ya_i) * slope_i;
    const double x_j0 = xa[j] + (y0 - ya[j]) * slope[j];
    const double x_j1 = xa[j] + (y1 - ya[j]) * slope[j];
    const double d0 = x_j0 - x_i0;
    const double d1 = (y1 == yb[j] ? xb[j] : x_j1) - (y1 == yb_i ? xb_i : x_i1);
    const int64_t m = y0 < y1 ? multiplicity[j] : 0;
    const int64_t left0 = (d0 < 0) | ((d0 == 0) & (d1 < 0)) ? m : 0;
    const int64_t left1 = (d1 < 0) | ((d1 == 0) & (d0 < 0)) ? m : 0;
    change[j] = left1 - left0;
    const double at = y0 + d0 / (slope_i - slope[j]);
    const double at_least = at > y0 ? at : y0;
    y[j] = at_least < y1 ? at_least : y1;
  }
}

}  // namespace

void CellPairs::Load(const Fragment* f, int n) {
  for (int i = 0; i < n; ++i) {
    xa_[i] = f[i].xa;
    ya_[i] = f[i].ya;
    xb_[i] = f[i].xb;
    yb_[i] = f[i].yb;
    slope_[i] = f[i].slope;
    multiplicity_[i] = f[i].multiplicity;
  }
  for (int i = n; i < Padded(n); ++i) {
    xa_[i] = xb_[i] = slope_[i] = 0;
    ya_[i] = yb_[i] = 2;
    multiplicity_[i] = 0;
  }
}

void CellPairs::FindCrossings(int i, int n) {
  CrossingsOf(xa_, ya_, xb_, yb_, slope_, multiplicity_, i, Padded(n), y_, change_);
  num_crossings_ = 0;
  for (int j = 0; j < n; ++j) {
    crossings_[num_crossings_] = {y_[j], static_cast<int>(change_[j])};
    num_crossings_ += change_[j] != 0 ? 1 : 0;
  }
  std::sort(crossings_, crossings_ + num_crossings_,
            [](const Crossing& a, const Crossing& b) { return a.y < b.y; });
}

// The stretches of fragment i that are outline; w: on its left at its upper end.
void CellPairs::AddOutline(const Fragment& f, const ImageEdge& edge, int piece, int w, double right,
                           CellOutline* out) const {
  double y = f.ya;
  for (int c = 0; c <= num_crossings_; ++c) {
    const double end = c < num_crossings_ ? crossings_[c].y : f.yb;
    const int sign = (w + f.multiplicity != 0 ? 1 : 0) - (w != 0 ? 1 : 0);
    if (sign != 0 && end > y) {
      const double x = internal::FragmentX(f, 0.5 * (y + end));
      out->area += sign * (end - y) * (right - x);
      internal::AddPiece(f, edge, y, end, sign, piece, out);
    }
    if (c < num_crossings_) w += crossings_[c].dw;
    y = end;
  }
}

// w at the fragments' upper ends from the profile alone.
void CellPairs::StartFromProfile(const RowProfile& profile, int n) {
  for (int i = 0; i < Padded(n); ++i) w_[i] = profile.top;
  for (int k = 0; k < profile.count; ++k) {
    const RowProfile::Step step = profile.steps[k];
    for (int i = 0; i < n; ++i) w_[i] += step.y <= ya_[i] ? step.dw : 0;
  }
}

bool CellPairs::Cover(const Fragment* f, const int* piece, int n, const ImageEdge* edges,
                      const CellBox& box, const RowProfile& profile, CellOutline* out) {
  Load(f, n);
  StartFromProfile(profile, n);
  if (!RelateAll({xa_, ya_, xb_, yb_, slope_, multiplicity_}, n, w_, state_)) return false;
  for (int i = 0; i < n; ++i) {
    if (state_[i] == kHidden) continue;
    num_crossings_ = 0;
    if (state_[i] == kCrossed) FindCrossings(i, n);
    AddOutline(f[i], edges[f[i].edge], piece[i], static_cast<int>(w_[i]), box.right, out);
  }
  out->area += (box.right - box.left) * internal::CoveredHeight(profile, box.top, box.bottom);
  return true;
}

}  // namespace ceres_align
