#include "ceres_align/scene/mask_band.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {

ImageF DistancesTo(const std::vector<OutlinePoint>& points, int width_px, int height_px,
                   double band_px) {
  const float band = static_cast<float>(band_px);
  ImageF distances(width_px, height_px, band * band);
  for (const OutlinePoint& p : points) {
    const int top = std::max(0, static_cast<int>(std::floor(p.y - 0.5f - band)));
    const int bottom = std::min(height_px - 1, static_cast<int>(std::ceil(p.y - 0.5f + band)));
    const int left = std::max(0, static_cast<int>(std::floor(p.x - 0.5f - band)));
    const int right = std::min(width_px - 1, static_cast<int>(std::ceil(p.x - 0.5f + band)));
    for (int r = top; r <= bottom; ++r) {
      const float dy = static_cast<float>(r) + 0.5f - p.y, dy2 = dy * dy;
      float* row = distances.row(r);
      for (int c = left; c <= right; ++c) {
        const float dx = static_cast<float>(c) + 0.5f - p.x;
        row[c] = std::min(row[c], dx * dx + dy2);
      }
    }
  }
  for (float& d : distances.pixels) d = std::sqrt(d);
  return distances;
}

double TukeyWeight(double distance, double c) {
  const double u = distance / c;
  return u < 1 ? (1 - u * u) * (1 - u * u) : 0;
}

ImageF BandWeights(const std::vector<OutlinePoint>& points, const ImageF& weight, int width_px,
                   int height_px, double band_px) {
  ImageF weights = DistancesTo(points, width_px, height_px, band_px);
  for (size_t i = 0; i < weights.pixels.size(); ++i) {
    const double w = weight.empty() ? 1.0 : weight.pixels[i];
    weights.pixels[i] = static_cast<float>(w * TukeyWeight(weights.pixels[i], band_px));
  }
  return weights;
}

}  // namespace ceres_align
