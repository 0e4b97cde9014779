// Where an image's outline lies, and what lies nearest to a point.
#pragma once

#include <cstddef>
#include <vector>

#include "ceres_align/base/image.h"

namespace ceres_align {

/// px; the first pixel's centre is (0.5, 0.5).
struct OutlinePoint {
  float x, y;
};

/// Where the image passes 0.5 between the centres of two neighbours (interpolated), by rows. Pairs
/// with a pixel of weight 0 are left out (`weight` may be empty: 1 everywhere), and so is the
/// frame's border.
template <typename T>
std::vector<OutlinePoint> OutlineOf(const Image<T>& image, const ImageF& weight);

/// Pieces of at most this many pixels (4-connected, either side of 0.5) count as specks.
constexpr int kSpeckPixels = 6;
/// The pixels of specks, sorted (row-major indices).
std::vector<size_t> Specks(const ImageF& image, const std::vector<OutlinePoint>& outline);
/// Whether one of the two pixels that an outline's point lies between is of a speck.
bool OnSpeck(const ImageF& image, const std::vector<size_t>& specks, const OutlinePoint& p);

/// Points in square buckets, for the nearest of them.
class NearestPoint {
 public:
  /// Points within [0, width] x [0, height].
  NearestPoint(const std::vector<OutlinePoint>& points, int width_px, int height_px);
  /// The squared distance from p (anywhere in the frame) to the nearest one, px²; infinity if
  /// there is none within `most_px`, or none at all.
  double Squared(const OutlinePoint& p, double most_px = 1e9) const;

 private:
  static constexpr int kCell = 8;
  void Visit(int x, int y, const OutlinePoint& p, double* best) const;

  int columns_, rows_;
  std::vector<int> begin_;  // by cell, into points_
  std::vector<OutlinePoint> points_;
};

/// A mask's outline without its specks.
class MaskOutline {
 public:
  MaskOutline(const ImageF& mask, const ImageF& weight);
  bool empty() const { return points_.empty(); }
  const std::vector<OutlinePoint>& points() const { return points_; }
  /// Of p to the outline, px: positive inside the mask. ±most_px where nothing is nearer.
  double SignedDistance_px(const OutlinePoint& p, double most_px) const;
  /// The same where an outline of the object is compared: a small hole that the object has is a
  /// speck of the mask, so that a point near a speck's outline and far from any other is its.
  double SignedDistanceWithHoles_px(const OutlinePoint& p, double most_px) const;

 private:
  MaskOutline(const ImageF& mask, std::vector<OutlinePoint> all);

  const ImageF& mask_;
  std::vector<OutlinePoint> points_;
  NearestPoint nearest_, nearest_speck_;
};

}  // namespace ceres_align
