// How well a rendered coverage agrees with a mask.
#pragma once

#include "ceres_align/assess/assessment.h"
#include "ceres_align/base/image.h"

namespace ceres_align {

/// Sums over the pixels of a coverage M, a mask T and weights w, px.
struct OverlapSums {
  double both = 0, either = 0;  ///< Σ w·min(M, T), Σ w·max(M, T)
  double object = 0, mask = 0;  ///< Σ w·M, Σ w·T
  double Iou() const { return either > 0 ? both / either : 1.0; }
};
/// `weight` may be empty (1 everywhere).
template <typename T>
OverlapSums SumOverlap(const Image<T>& coverage, const ImageF& mask, const ImageF& weight);

/// Σ w·min(M, T) / Σ w·max(M, T); 1 where both are empty. `weight` may be empty (1 everywhere).
double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight);

/// The rms distance (px) between the outlines at level 0.5, both ways, ignoring the frame's border
/// and pixels of weight 0. Outlines are located to subpixels along pixel rows and columns; NaN if
/// either image has none.
double ContourRms_px(const Image<double>& coverage, const ImageF& mask, const ImageF& weight);

/// A point of an outline is far beyond this distance, or this part of the object's size (the root
/// of the mask's area), whichever is more, times `tolerance`.
constexpr double kFarPx = 1.5, kFarOfSize = 0.005;

/// How the outlines lie to each other, ignoring the frame's border and pixels of weight 0. From
/// the render's outline every outline of the mask counts as near, so that specks and holes inside
/// the mask do no harm; from the mask's, only what is no speck. Zeros if either has no outline.
ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight, double tolerance = 1);
/// The same where the sums over all pixels are known.
template <typename T>
ContourErrors MeasureContour(const Image<T>& coverage, const ImageF& mask, const ImageF& weight,
                             double tolerance, OverlapSums sums);

/// The part of the mask's border (by neighbouring pixels) that lies on the frame's edge: there it
/// is cut off, if the object goes on. 0: the mask does not touch the frame.
double CutShare(const ImageF& mask);

}  // namespace ceres_align
