#include "ceres_align/render/crowded_cell.h"

#include <algorithm>

namespace ceres_align {
namespace {

constexpr int kFewFragments = 48;
// A part that still has many after so many halvings has them in one point, or on one line.
constexpr int kMostHalvings = 40;

// Short fragments of which a horizontal line meets few on average are swept faster than they are
// halved: those of a smooth surface seen edge-on.
bool MeetsFew(const std::vector<Fragment>& fragments, const CellBox& box) {
  constexpr double kFewMet = 40, kShort = 0.125;  // of the box's height
  double met = 0;
  for (const Fragment& f : fragments) met += f.yb - f.ya;
  met /= box.bottom - box.top;
  return met <= kFewMet && met <= kShort * static_cast<double>(fragments.size());
}

// Whether it is worth asking if a box is covered: with this many fragments to a layer along its
// left side it hardly ever is.
bool MayBeCovered(size_t num_fragments, const CellBox& box, const RowProfile& profile) {
  constexpr double kMostPerLayer = 6;
  double w = profile.top;
  for (int i = 0; i < profile.count; ++i) {
    w += profile.steps[i].dw * (box.bottom - profile.steps[i].y) / (box.bottom - box.top);
  }
  return static_cast<double>(num_fragments) <= kMostPerLayer * w;
}

// Whether one of the two adds at least what the other one takes, on its left at every y of both:
// the sides of a needle.
bool AddUp(const Fragment& f, const Fragment& g) {
  if (f.multiplicity + g.multiplicity < 0 || (f.multiplicity < 0) == (g.multiplicity < 0)) {
    return false;
  }
  const Fragment &first = f.multiplicity > 0 ? f : g, &second = f.multiplicity > 0 ? g : f;
  const double y0 = std::max(f.ya, g.ya), y1 = std::min(f.yb, g.yb);
  return y0 < y1 && internal::FragmentX(first, y0) <= internal::FragmentX(second, y0) &&
         internal::FragmentX(first, y1) <= internal::FragmentX(second, y1);
}

// Whether w > 0 in all of a box, by slices of its height: in each, what the profile and the
// fragments that reach into it can take away. The profile's steps may be in any order.
bool IsCertainlyCovered(const std::vector<Fragment>& fragments, const CellBox& box,
                        const RowProfile& profile) {
  constexpr int kSlices = 16;
  const double slices_per_px = kSlices / (box.bottom - box.top);
  const auto slice_at = [&](double y) {  // of growing y: y in one slice lies above y in the next
    return std::clamp(static_cast<int>((y - box.top) * slices_per_px), 0, kSlices - 1);
  };
  int change[kSlices + 1] = {}, lowest[kSlices + 1] = {};
  for (int i = 0; i < profile.count; ++i) {
    const RowProfile::Step& step = profile.steps[i];
    const int slice = slice_at(step.y);
    change[slice + 1] += step.dw;
    lowest[slice] += std::min(step.dw, 0);
    lowest[slice + 1] -= std::min(step.dw, 0);
  }
  const auto take = [&](double y0, double y1, int taken) {
    lowest[slice_at(y0)] += taken;
    lowest[slice_at(y1) + 1] -= taken;
  };
  for (size_t i = 0; i < fragments.size(); ++i) {
    const Fragment& f = fragments[i];
    const bool has_next = i + 1 < fragments.size();
    if (has_next && AddUp(f, fragments[i + 1])) {
      const Fragment& g = fragments[++i];
      const Fragment &first = f.multiplicity > 0 ? f : g, &second = f.multiplicity > 0 ? g : f;
      if (second.ya < first.ya) take(second.ya, first.ya, second.multiplicity);
      if (second.yb > first.yb) take(first.yb, second.yb, second.multiplicity);
    } else if (f.multiplicity < 0) {
      take(f.ya, f.yb, f.multiplicity);
    }
  }
  int w = profile.top, below = 0;
  for (int slice = 0; slice < kSlices; ++slice) {
    w += change[slice];
    below += lowest[slice];
    if (w + below <= 0) return false;
  }
  return true;
}

// Whether a cut at middle height cuts fewer fragments than one at middle width.
bool IsBetterHalvedAcross(const std::vector<Fragment>& fragments, const CellBox& box) {
  const double x = 0.5 * (box.left + box.right), y = 0.5 * (box.top + box.bottom);
  int across = 0, along = 0;
  for (const Fragment& f : fragments) {
    across += (f.ya < y) & (f.yb > y) ? 1 : 0;
    along += (f.xa < x) != (f.xb < x) ? 1 : 0;
  }
  return across != along ? across < along : box.bottom - box.top > box.right - box.left;
}

}  // namespace

void CrowdedCell::Cover(const Fragment* f, const ImageEdge* edges, int n, const CellBox& box,
                        const RowProfile& profile, CellOutline* out) {
  edges_ = edges;
  out_ = out;
  num_halvings_ = 0;
  if (parts_.empty()) parts_.resize(2 * (kMostHalvings + 1));
  Part& all = parts_[0];
  all.Clear(box);
  all.top = profile.top;
  all.steps.assign(profile.steps, profile.steps + profile.count);
  for (int i = 0; i < n; ++i) {
    if (f[i].yb > f[i].ya) all.Add(f[i], i);
  }
  CoverPart(0);
}

void CrowdedCell::Part::SortSteps() {
  std::sort(steps.begin(), steps.end(),
            [](const RowProfile::Step& a, const RowProfile::Step& b) { return a.y < b.y; });
}

// parts_[2·depth] is covered, parts_[2·depth + 1] may not be touched.
void CrowdedCell::CoverPart(int depth) {
  Part& part = parts_[2 * depth];
  const CellBox& box = part.box;
  const int n = static_cast<int>(part.fragments.size());
  RowProfile profile = part.Profile();
  if (MayBeCovered(part.fragments.size(), box, profile) &&
      IsCertainlyCovered(part.fragments, box, profile)) {
    out_->area += (box.right - box.left) * (box.bottom - box.top);
    return;
  }
  const bool is_last =
      n <= kFewFragments || depth == kMostHalvings || MeetsFew(part.fragments, box);
  if (is_last) part.SortSteps();
  if (n <= kFewFragments &&
      pairs_.Cover(part.fragments.data(), part.pieces.data(), n, edges_, box, profile, out_)) {
    return;
  }
  if (is_last) {
    SweepPart(&part);
    return;
  }
  ++num_halvings_;
  Part &first = parts_[2 * depth + 2], &second = parts_[2 * depth + 3];
  if (IsBetterHalvedAcross(part.fragments, box)) {
    HalveAcross(part, &first, &second);
  } else {
    HalveAlong(part, &first, &second);
  }
  CoverPart(depth + 1);
  std::swap(first, second);
  CoverPart(depth + 1);
}

void CrowdedCell::SweepPart(Part* part) {
  const int n = static_cast<int>(part->fragments.size());
  const size_t room = part->fragments.size();
  x_.assign(5 * room, 0.0);
  index_.resize(3 * room);
  double* x = x_.data();
  int* index = index_.data();
  const CellScratch scratch{x, x + n, x + 2 * n, index, index + n, index + 2 * n};
  CellOutline outline{0, false, x + 3 * n, x + 4 * n};
  for (int i = 0; i < n; ++i) {
    scratch.order[i] = i;
    scratch.x[i] = part->fragments[i].ya;
  }
  internal::SortByKey(scratch.x, n, scratch.order);
  internal::CellSweep sweep{part->fragments.data(), edges_, scratch, &outline, part->box.right};
  sweep.Sweep(n, part->Profile(), part->box.left, part->box.top, part->box.bottom);
  out_->area += sweep.area;
  out_->boundary |= outline.boundary;
  for (int i = 0; i < n; ++i) {
    out_->piece0[part->pieces[i]] += outline.piece0[i];
    out_->piece1[part->pieces[i]] += outline.piece1[i];
  }
}

void CrowdedCell::HalveAcross(const Part& part, Part* upper, Part* lower) {
  const double y = 0.5 * (part.box.top + part.box.bottom);
  upper->Clear({part.box.left, part.box.top, part.box.right, y});
  lower->Clear({part.box.left, y, part.box.right, part.box.bottom});
  upper->top = lower->top = part.top;
  for (const RowProfile::Step& step : part.steps) {
    if (step.y < y) upper->steps.push_back(step);
    if (step.y <= y) {
      lower->top += step.dw;
    } else {
      lower->steps.push_back(step);
    }
  }
  for (size_t i = 0; i < part.fragments.size(); ++i) {
    const Fragment& f = part.fragments[i];
    if (f.yb <= y) {
      upper->Add(f, part.pieces[i]);
    } else if (f.ya >= y) {
      lower->Add(f, part.pieces[i]);
    } else {
      Fragment above = f, below = f;
      above.xb = below.xa = internal::FragmentX(f, y);
      above.yb = below.ya = y;
      upper->Add(above, part.pieces[i]);
      lower->Add(below, part.pieces[i]);
    }
  }
}

void CrowdedCell::HalveAlong(const Part& part, Part* left, Part* right) {
  const double x = 0.5 * (part.box.left + part.box.right);
  left->Clear({part.box.left, part.box.top, x, part.box.bottom});
  right->Clear({x, part.box.top, part.box.right, part.box.bottom});
  left->top = right->top = part.top;
  left->steps = part.steps;
  const auto step_at = [&](double y, int dw) {
    if (y <= part.box.top) {
      right->top += dw;
    } else if (y < part.box.bottom) {
      right->steps.push_back({y, dw});
    }
  };
  for (size_t i = 0; i < part.fragments.size(); ++i) {
    const Fragment& f = part.fragments[i];
    const bool starts_left = f.xa < x, ends_left = f.xb < x;
    if (starts_left && f.ya <= part.box.top) right->top += f.multiplicity;
    if (starts_left == ends_left) {
      (starts_left ? left : right)->Add(f, part.pieces[i]);
      continue;
    }
    const double y = std::clamp(f.ya + (x - f.xa) / f.slope, f.ya, f.yb);
    Fragment above = f, below = f;
    above.xb = below.xa = x;
    above.yb = below.ya = y;
    if (above.yb > above.ya) (starts_left ? left : right)->Add(above, part.pieces[i]);
    if (below.yb > below.ya) (starts_left ? right : left)->Add(below, part.pieces[i]);
    step_at(y, starts_left ? -f.multiplicity : f.multiplicity);
  }
}

}  // namespace ceres_align
