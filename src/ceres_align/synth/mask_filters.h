// Filters of masks without random numbers. Masks of zeros and ones stay so unless said; nothing of
// libm is used, so that the results are the same on every machine.
#pragma once

#include "ceres_align/base/image.h"

namespace ceres_align {

/// Every pixel is 0 or 1.
bool IsBinary(const ImageF& mask);

/// The value at image coordinates (px), bilinear between pixel centres, the border's values
/// continued outside.
double Interpolate(const ImageF& mask, double x, double y);

/// Maximum over a disc: pixels whose centres are within radius_px. The frame's outside is 0.
ImageF Dilate(const ImageF& mask, double radius_px);
/// Minimum over a disc; the outside of the frame does not count, so an object cut by the frame
/// is not eroded along it.
ImageF Erode(const ImageF& mask, double radius_px);

/// Opened, then closed by a disc: what is thinner than its diameter is lost, gaps are filled,
/// corners are round.
ImageF RoundOff(const ImageF& mask, double radius_px);

/// Blurred by a round bell of standard deviation sigma_px > 0; the frame's border is continued
/// outside. Soft.
ImageF Blur(const ImageF& mask, double sigma_px);

/// The outline moved outwards (> 0) or inwards by part of a pixel or more: blurred, and cut at the
/// level that a straight edge takes at that distance. Corners are rounded by about
/// max(1, |shift_px|) px. A soft mask gets edges one pixel wide.
ImageF ShiftOutline(const ImageF& mask, double shift_px);

/// As a network of a coarser output makes it: means over squares of factor x factor pixels,
/// interpolated between the squares' centres; a binary mask is then cut at one half.
ImageF LowResolution(const ImageF& mask, int factor);

}  // namespace ceres_align
