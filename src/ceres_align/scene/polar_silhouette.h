// A silhouette freed of position and size, so that only its shape and its turn in the image are
// left to compare: bits in rings and sectors about its centroid.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>

namespace ceres_align {

struct PolarSilhouette {
  static constexpr int kRings = 32, kSectors = 64;
  /// Width of a ring, in units of the root of the silhouette's area.
  static constexpr double kRingWidth = 0.05;

  /// Bit s of ring k: covered at radius (k + ½)·kRingWidth and angle (s + ½)·2π/kSectors from +x
  /// to +y.
  std::array<uint64_t, kRings> rings{};

  /// Area of the covered cells, in units of half the first ring's cell: ring k's count 2k + 1.
  int Area() const;
};

/// Area (as above) of the cells that differ after `a` is turned by `sectors` · 2π/kSectors from +x
/// to +y.
int Mismatch(const PolarSilhouette& a, int sectors, const PolarSilhouette& b);

/// Unit vectors through the sectors' middles.
const std::array<Eigen::Vector2d, PolarSilhouette::kSectors>& SectorDirections();

/// What `covered(x, y)` shows about `centroid`; `size` is the root of the area, in the same units.
template <typename Covered>
PolarSilhouette SamplePolar(const Eigen::Vector2d& centroid, double size, const Covered& covered) {
  PolarSilhouette polar;
  const auto& directions = SectorDirections();
  for (int k = 0; k < PolarSilhouette::kRings; ++k) {
    const double radius = (k + 0.5) * PolarSilhouette::kRingWidth * size;
    for (int s = 0; s < PolarSilhouette::kSectors; ++s) {
      const bool in = covered(centroid.x() + radius * directions[s].x(),
                              centroid.y() + radius * directions[s].y());
      polar.rings[k] |= uint64_t{in} << s;
    }
  }
  return polar;
}

/// 64 x 64 pixels, a bit each: the fastest way to a rough silhouette of a few hundred triangles.
class BitImage {
 public:
  static constexpr int kSize = 64;

  void Clear() { rows_.fill(0); }
  void Cover(int x, int y) { rows_[y] |= uint64_t{1} << x; }
  /// Covers the pixels whose centres lie inside, whatever the winding; corners in px, anywhere.
  void FillTriangle(const Eigen::Vector2d& a, const Eigen::Vector2d& b, const Eigen::Vector2d& c);
  /// Of the pixel that holds (x, y); false outside.
  bool Covers(double x, double y) const {
    if (!(x >= 0 && y >= 0 && x < kSize && y < kSize)) return false;
    return rows_[static_cast<int>(y)] >> static_cast<int>(x) & 1;
  }
  /// Number of covered pixels and, if there are any, their mean position (pixel centres).
  int Moments(Eigen::Vector2d* centroid_px) const;

 private:
  std::array<uint64_t, kSize> rows_{};
};

}  // namespace ceres_align
