// Weights that keep to the neighbourhood of a mask's outline.
#pragma once

#include <vector>

#include "ceres_align/scene/image_outline.h"

namespace ceres_align {

/// The distance (px) from each pixel's centre to the nearest of `points`; band_px where none is
/// nearer. The work grows with points·band_px².
ImageF DistancesTo(const std::vector<OutlinePoint>& points, int width_px, int height_px,
                   double band_px);

/// Tukey's (1 − (d/c)²)²; 0 from c on.
double TukeyWeight(double distance, double c);

/// `weight` (empty: 1) times Tukey's weight of the pixel's distance to the nearest of `points`.
ImageF BandWeights(const std::vector<OutlinePoint>& points, const ImageF& weight, int width_px,
                   int height_px, double band_px);

}  // namespace ceres_align
