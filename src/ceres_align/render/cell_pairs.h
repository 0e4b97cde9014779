// Coverage of a pixel with many fragments by comparing all pairs, many at a time.
//
// Along an edge w changes only where another edge crosses it. So w at a fragment's upper end (the
// pixel's left profile plus what lies left of it there) and its crossings tell where the fragment
// is outline; nothing has to be kept in order. Most fragments in a pixel are folds inside the
// object: w at the end less all that the crossings may take is above 0, and they are done.
//
// Which side of a fragment another one is on is asked only where one of the two begins or ends,
// always by the same expression, so the answers agree with each other for all fragments of a chain.
#pragma once

#include <cstdint>

#include "ceres_align/render/silhouette_cell.h"

namespace ceres_align {

/// A part of a pixel, in its coordinates; its left side is where the profile is.
struct CellBox {
  double left = 0, top = 0, right = 1, bottom = 1;
};

/// Working memory of one thread.
class CellPairs {
 public:
  static constexpr int kMostFragments = 128;

  /// Adds what fragments f[0..n) cover of a box, n <= kMostFragments, to *out. They lie within the
  /// box; piece[i] is the place of the i-th in out's arrays. The profile is along the box's left
  /// side, `top` at its top. False: fragments coincide, so that their order is not determined;
  /// nothing has been added then.
  bool Cover(const Fragment* f, const int* piece, int n, const ImageEdge* edges, const CellBox& box,
             const RowProfile& profile, CellOutline* out);

 private:
  struct Crossing {
    double y;
    int dw;  // of w on both sides of the fragment
  };
  void Load(const Fragment* f, int n);
  void StartFromProfile(const RowProfile& profile, int n);
  void FindCrossings(int i, int n);
  void AddOutline(const Fragment& f, const ImageEdge& edge, int piece, int w, double right,
                  CellOutline* out) const;

  // Structure of arrays, padded with fragments that meet none.
  alignas(64) double xa_[kMostFragments], ya_[kMostFragments], xb_[kMostFragments],
      yb_[kMostFragments], slope_[kMostFragments];
  alignas(64) int64_t multiplicity_[kMostFragments], w_[kMostFragments], state_[kMostFragments];
  // Of one fragment.
  alignas(64) double y_[kMostFragments];
  alignas(64) int64_t change_[kMostFragments];
  Crossing crossings_[kMostFragments + 1];
  int num_crossings_ = 0;
};

}  // namespace ceres_align
