// Coverage of one pixel with any number of fragments.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/cell_pairs.h"

namespace ceres_align {

/// Halves the pixel, and the parts again, until few fragments are left in a part or a part is
/// certainly covered; the time grows about as n log n where most of the pixel is covered or few
/// fragments cross. Working memory of one thread.
class CrowdedCell {
 public:
  /// Adds what fragments f[0..n) cover of a box to *out, as CellPairs::Cover, for any n; a
  /// fragment's place in out's arrays is its own.
  void Cover(const Fragment* f, const ImageEdge* edges, int n, const CellBox& box,
             const RowProfile& profile, CellOutline* out);

  /// How often the last Cover halved the box or a part of it; for tests.
  int64_t num_halvings() const { return num_halvings_; }

 private:
  // Fragments within a box of the pixel and the profile along the box's left side.
  struct Part {
    CellBox box;
    std::vector<Fragment> fragments;
    std::vector<int> pieces;
    std::vector<RowProfile::Step> steps;  // in any order until SortSteps
    int top = 0;

    void Clear(const CellBox& new_box) {
      box = new_box;
      fragments.clear();
      pieces.clear();
      steps.clear();
      top = 0;
    }
    void Add(const Fragment& f, int piece) {
      fragments.push_back(f);
      pieces.push_back(piece);
    }
    void SortSteps();
    RowProfile Profile() {
      RowProfile profile;
      profile.top = top;
      profile.count = static_cast<int>(steps.size());
      profile.steps = steps.data();
      return profile;
    }
  };

  void CoverPart(int depth);
  void SweepPart(Part* part);
  static void HalveAcross(const Part& part, Part* upper, Part* lower);
  static void HalveAlong(const Part& part, Part* left, Part* right);

  const ImageEdge* edges_ = nullptr;
  CellOutline* out_ = nullptr;
  CellPairs pairs_;
  std::vector<Part> parts_;  // by depth of halving; two for each, the second waits for the first
  std::vector<double> x_;
  std::vector<int> index_;
  int64_t num_halvings_ = 0;
};

}  // namespace ceres_align
