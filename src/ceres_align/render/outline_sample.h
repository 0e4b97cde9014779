// The pixels on a rendered outline, with all that first-order statistics of a pose need.
#pragma once

#include <cstdint>

namespace ceres_align {

/// A pixel that a moving outline crosses; everything by the conventions of rasterizer.h.
struct OutlineSample {
  int32_t column, row;
  double coverage;     ///< M
  double jacobian[6];  ///< ∂M/∂[ω, v], canonical (RasterJob's GramResult)
  /// ∂M/∂(x, y) of an outline that moves in the image by (x, y) px. Its norm is, but for corners,
  /// the length of outline in the pixel; a field of displacements (u_x, u_y) that is smooth over a
  /// pixel changes M by shift · u.
  double shift[2];
  /// ∂M by s of an outline that grows by the factor (1 + s) about the image's origin. Unlike
  /// shift · (the pixel's centre) it has the outline's own place, which M, and so the residual,
  /// depends on.
  double growth;
  /// The part of it that growing along x alone has.
  double growth_x;
};

}  // namespace ceres_align
