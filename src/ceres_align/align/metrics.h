// How well a rendered coverage agrees with a mask.
#pragma once

#include "ceres_align/align/align_result.h"
#include "ceres_align/base/image.h"

namespace ceres_align {

/// Σ w·min(M, T) / Σ w·max(M, T); 1 where both are empty. `weight` may be empty (1 everywhere).
double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight);

/// The rms distance (px) between the outlines at level 0.5, both ways, ignoring the frame's border
/// and pixels of weight 0. Outlines are located to subpixels along pixel rows and columns; NaN if
/// either image has none.
double ContourRms_px(const Image<double>& coverage, const ImageF& mask, const ImageF& weight);

/// Pieces of at most this many pixels (4-connected, either side of 0.5) count as specks.
constexpr int kSpeckPixels = 6;
/// The image with its specks turned into what surrounds them (0 or 1).
ImageF WithoutSpecks(const ImageF& image);

/// Beyond this distance a point of an outline counts as far.
constexpr double kFarPx = 1.5;

/// Figures of the outlines' distances (both ways) after WithoutSpecks on both, ignoring the frame's
/// border and pixels of weight 0.
ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight);

}  // namespace ceres_align
