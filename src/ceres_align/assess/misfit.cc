#include "ceres_align/assess/misfit.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace ceres_align {
namespace {

constexpr double kLongStretch = 64;  // px

double Quantile(const std::vector<std::pair<double, double>>& sorted, double total, double q) {
  double sum = 0;
  for (const auto& [value, weight] : sorted) {
    sum += weight;
    if (sum >= q * total) return value;
  }
  return sorted.back().first;
}

}  // namespace

Misfit MeasureMisfit(const std::vector<OutlinePixel>& pixels) {
  Misfit misfit;
  if (pixels.empty()) return misfit;
  std::vector<std::pair<double, double>> sorted;
  double total = 0, wrong = 0;
  for (const OutlinePixel& pixel : pixels) {
    // The mask's value is M − r.
    wrong += pixel.weight * ((pixel.coverage >= 0.5) != (pixel.coverage - pixel.residual >= 0.5));
    const double length = pixel.weight * pixel.length_px();
    sorted.emplace_back(std::abs(pixel.displacement_px), length);
    total += length;
  }
  std::sort(sorted.begin(), sorted.end());
  misfit.wrong_px = wrong / total;
  misfit.median_px = Quantile(sorted, total, 0.5);
  misfit.p80_px = Quantile(sorted, total, 0.8);
  misfit.p90_px = Quantile(sorted, total, 0.9);
  const double smooth = misfit.p90_px * misfit.p90_px - kPointsApart_px * kPointsApart_px;
  misfit.scale_px = std::max(0.5, std::sqrt(std::max(0.0, smooth)));

  const double limit = 2 * misfit.scale_px;
  std::map<std::pair<int, int64_t>, std::pair<double, double>> stretches;
  for (const OutlinePixel& pixel : pixels) {
    auto& [sum, length] =
        stretches[{pixel.view, static_cast<int64_t>(pixel.row / kLongStretch) * 65536 +
                                   static_cast<int64_t>(pixel.column / kLongStretch)}];
    const double l = pixel.weight * pixel.length_px();
    sum += l * std::clamp(pixel.displacement_px, -limit, limit);
    length += l;
  }
  double squares = 0;
  for (const auto& [place, stretch] : stretches) {
    if (stretch.second > 0) squares += stretch.first * stretch.first / stretch.second;
  }
  misfit.long_px = std::sqrt(squares / total);
  return misfit;
}

}  // namespace ceres_align
