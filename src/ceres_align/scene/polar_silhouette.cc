#include "ceres_align/scene/polar_silhouette.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

uint64_t RotateLeft(uint64_t bits, int by) {
  by &= 63;
  return by == 0 ? bits : bits << by | bits >> (64 - by);
}

}  // namespace

const std::array<Eigen::Vector2d, PolarSilhouette::kSectors>& SectorDirections() {
  static const auto directions = [] {
    std::array<Eigen::Vector2d, PolarSilhouette::kSectors> d;
    for (int s = 0; s < PolarSilhouette::kSectors; ++s) {
      const double angle = 2 * M_PI * (s + 0.5) / PolarSilhouette::kSectors;
      d[s] = {std::cos(angle), std::sin(angle)};
    }
    return d;
  }();
  return directions;
}

int PolarSilhouette::Area() const {
  int area = 0;
  for (int k = 0; k < kRings; ++k) area += (2 * k + 1) * __builtin_popcountll(rings[k]);
  return area;
}

int Mismatch(const PolarSilhouette& a, int sectors, const PolarSilhouette& b) {
  int area = 0;
  for (int k = 0; k < PolarSilhouette::kRings; ++k) {
    area += (2 * k + 1) * __builtin_popcountll(RotateLeft(a.rings[k], sectors) ^ b.rings[k]);
  }
  return area;
}

void BitImage::FillTriangle(const Eigen::Vector2d& a, const Eigen::Vector2d& b,
                            const Eigen::Vector2d& c) {
  const Eigen::Vector2d* const corners[4] = {&a, &b, &c, &a};
  const double top = std::min({a.y(), b.y(), c.y()}), bottom = std::max({a.y(), b.y(), c.y()});
  const int first = std::max(0, static_cast<int>(std::ceil(std::max(top, 0.0) - 0.5)));
  const int end = static_cast<int>(std::ceil(std::min<double>(bottom, kSize) - 0.5));
  for (int r = first; r < end; ++r) {
    const double y = r + 0.5;
    double low = kSize, high = 0;
    for (int e = 0; e < 3; ++e) {
      const Eigen::Vector2d &p = *corners[e], &q = *corners[e + 1];
      if ((p.y() <= y) == (q.y() <= y)) continue;
      const double x = p.x() + (y - p.y()) * (q.x() - p.x()) / (q.y() - p.y());
      low = std::min(low, x);
      high = std::max(high, x);
    }
    const int begin_c = std::max(0, static_cast<int>(std::ceil(std::max(low, 0.0) - 0.5)));
    const int end_c = static_cast<int>(std::ceil(std::min<double>(high, kSize) - 0.5));
    if (begin_c >= end_c) continue;
    rows_[r] |= (~uint64_t{0} >> (64 - (end_c - begin_c))) << begin_c;
  }
}

int BitImage::Moments(Eigen::Vector2d* centroid_px) const {
  int count = 0;
  Eigen::Vector2d sum = Eigen::Vector2d::Zero();
  for (int r = 0; r < kSize; ++r) {
    for (uint64_t bits = rows_[r]; bits != 0; bits &= bits - 1) {
      ++count;
      sum += Eigen::Vector2d(__builtin_ctzll(bits) + 0.5, r + 0.5);
    }
  }
  if (count > 0) *centroid_px = sum / count;
  return count;
}

}  // namespace ceres_align
