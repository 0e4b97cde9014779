// How far the masks' outlines are from the rendered ones, and over what lengths: what poor masks,
// mesh and lens leave at the best pose.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "ceres_align/assess/outline_pixels.h"

namespace ceres_align {

/// The nearest of a binary mask's outline points, which lie up to a pixel apart, is about that much
/// farther than the outline itself.
constexpr double kPointsApart_px = 0.35;

/// Quantiles and the like are over the rendered outline by length, pixels weighted.
struct Misfit {
  double median_px = 0, p80_px = 0, p90_px = 0;  ///< of |displacement|
  /// The scale on which the cost bends. ½ Σ (M − T)² is quadratic in an outline's displacement only
  /// up to half a pixel; beyond, it grows by the length, so what counts as curvature is the density
  /// of outline near 0: k(e) = 1/(2 scale_px) where |e| < scale_px, and 0 elsewhere (scale ½: k =
  /// 1, Gauss–Newton). As Powell's kernel in the covariance of a median (Econometric Theory, 1991).
  double scale_px = 0.5;
  /// Rms of the displacements' means over stretches (squares of 64 px), far ones
  /// limited: what masks, mesh and lens have in common along the outline.
  double long_px = 0;
  /// Area of outline pixels whose middle the mask has on the other side, per length: the mean
  /// |displacement|, up to half a pixel, without what sampling a binary mask adds.
  double wrong_px = 0;

  /// The same where only the middle 1/window of each pixel is compared, whose cost is quadratic up
  /// to half of that: relative to that residual's Gauss–Newton. Below half a pixel the scale
  /// is that of a normal distribution with wrong_px as its mean |displacement|.
  int window = 1;

  double Curvature(double displacement_px) const {
    const double limit_px = scale_px + kPointsApart_px, half_px = 0.5 / window;
    if (!(displacement_px < limit_px && displacement_px > -limit_px)) return 0;
    const double scale = window > 1 && scale_px <= 0.5 ? kScaleOfMean * wrong_px : scale_px;
    return half_px / std::max(half_px, scale);
  }
  static constexpr double kScaleOfMean = 1.5708;  // 1/(2 f(0)) of |x|'s mean, x ~ N(0, σ²)
};

/// Of all pixels given, or of those of one view. Zeros (and ½) without any.
Misfit MeasureMisfit(const std::vector<OutlinePixel>& pixels);

}  // namespace ceres_align
