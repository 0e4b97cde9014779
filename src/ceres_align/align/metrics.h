// How well a rendered coverage agrees with a mask.
#pragma once

#include "ceres_align/base/image.h"

namespace ceres_align {

/// Σ w·min(M, T) / Σ w·max(M, T); 1 where both are empty. `weight` may be empty (1 everywhere).
double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight);

/// The rms distance (px) between the outlines at level 0.5, both ways, ignoring the frame's border
/// and pixels of weight 0. Outlines are located to subpixels along pixel rows and columns; NaN if
/// either image has none.
double ContourRms_px(const Image<double>& coverage, const ImageF& mask, const ImageF& weight);

}  // namespace ceres_align
