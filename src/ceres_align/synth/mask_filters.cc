#include "ceres_align/synth/mask_filters.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

// Raises out[i] to the maximum of values over [i − half, i + half].
void RowMaximum(const float* values, int count, int half, std::vector<int>* window, float* out) {
  window->clear();
  size_t front = 0;
  int next = 0;
  for (int i = 0; i < count; ++i) {
    for (; next <= std::min(i + half, count - 1); ++next) {
      while (window->size() > front && values[window->back()] <= values[next]) window->pop_back();
      window->push_back(next);
    }
    while ((*window)[front] < i - half) ++front;
    out[i] = std::max(out[i], values[(*window)[front]]);
  }
}

// The bell (1 − x²/R²)⁴ with R² = 11 σ², whose variance is σ².
class Bell {
 public:
  explicit Bell(double sigma) : reach_(std::sqrt(11.0) * sigma) {}
  double reach() const { return reach_; }
  double At(double x) const {
    const double u = 1 - x * x / (reach_ * reach_);
    return u <= 0 ? 0 : u * u * u * u * (315.0 / 256) / reach_;
  }
  /// The part of it below x.
  double Below(double x) const {
    const double t = std::clamp(x / reach_, -1.0, 1.0), s = t * t;
    return 0.5 + 315.0 / 256 * t * (1 + s * (-4.0 / 3 + s * (6.0 / 5 + s * (-4.0 / 7 + s / 9))));
  }

 private:
  double reach_;
};

// One row or column of `count` values, `stride` apart, blurred in place.
void BlurLine(const std::vector<double>& weights, int count, size_t stride,
              std::vector<float>* line, float* values) {
  const int reach = static_cast<int>(weights.size()) - 1;
  for (int i = 0; i < count; ++i) (*line)[i] = values[i * stride];
  for (int i = 0; i < count; ++i) {
    double sum = weights[0] * (*line)[i];
    for (int d = 1; d <= reach; ++d) {
      sum += weights[d] * ((*line)[std::max(i - d, 0)] + (*line)[std::min(i + d, count - 1)]);
    }
    values[i * stride] = static_cast<float>(sum);
  }
}

}  // namespace

double Interpolate(const ImageF& mask, double x, double y) {
  const double u = std::clamp(x - 0.5, 0.0, mask.width - 1.0);
  const double v = std::clamp(y - 0.5, 0.0, mask.height - 1.0);
  const int c0 = static_cast<int>(u), r0 = static_cast<int>(v);
  const int c1 = std::min(c0 + 1, mask.width - 1), r1 = std::min(r0 + 1, mask.height - 1);
  const double s = u - c0, t = v - r0;
  return (1 - t) * ((1 - s) * mask.at(c0, r0) + s * mask.at(c1, r0)) +
         t * ((1 - s) * mask.at(c0, r1) + s * mask.at(c1, r1));
}

bool IsBinary(const ImageF& mask) {
  return std::all_of(mask.pixels.begin(), mask.pixels.end(),
                     [](float v) { return v == 0 || v == 1; });
}

ImageF Dilate(const ImageF& mask, double radius_px) {
  CHECK_GE(radius_px, 0);
  ImageF out(mask.width, mask.height);
  std::vector<int> window;
  const int reach = static_cast<int>(std::min<double>(radius_px, mask.height));
  for (int row = 0; row < mask.height; ++row) {
    for (int dy = -reach; dy <= reach; ++dy) {
      if (row + dy < 0 || row + dy >= mask.height) continue;
      const double half = std::sqrt(std::max(0.0, radius_px * radius_px - double(dy) * dy));
      RowMaximum(mask.row(row + dy), mask.width,
                 static_cast<int>(std::min<double>(half, mask.width)), &window, out.row(row));
    }
  }
  return out;
}

ImageF Erode(const ImageF& mask, double radius_px) {
  ImageF inverse = mask;
  for (float& v : inverse.pixels) v = 1 - v;
  inverse = Dilate(inverse, radius_px);
  for (float& v : inverse.pixels) v = 1 - v;
  return inverse;
}

ImageF RoundOff(const ImageF& mask, double radius_px) {
  return Erode(Dilate(Dilate(Erode(mask, radius_px), radius_px), radius_px), radius_px);
}

ImageF Blur(const ImageF& mask, double sigma_px) {
  CHECK_GT(sigma_px, 0);
  const Bell bell(sigma_px);
  std::vector<double> weights(static_cast<size_t>(std::lround(bell.reach())) + 1);
  double total = 0;
  for (size_t d = 0; d < weights.size(); ++d) {
    // Over the pixel, not at its middle: so narrow bells are right too.
    const double x = static_cast<double>(d);
    weights[d] = bell.Below(x + 0.5) - bell.Below(x - 0.5);
    total += d == 0 ? weights[d] : 2 * weights[d];
  }
  for (double& w : weights) w /= total;
  ImageF out = mask;
  std::vector<float> line(std::max(mask.width, mask.height));
  for (int row = 0; row < out.height; ++row) BlurLine(weights, out.width, 1, &line, out.row(row));
  for (int column = 0; column < out.width; ++column) {
    BlurLine(weights, out.height, out.width, &line, out.row(0) + column);
  }
  return out;
}

ImageF ShiftOutline(const ImageF& mask, double shift_px) {
  const double sigma_px = std::max(1.0, std::abs(shift_px));
  const Bell bell(sigma_px);
  const double level = bell.Below(-shift_px), slope = bell.At(shift_px);
  const bool binary = IsBinary(mask);
  ImageF out = Blur(mask, sigma_px);
  for (float& v : out.pixels) {
    const double coverage = 0.5 + (v - level) / slope;
    v = static_cast<float>(binary ? (coverage > 0.5 ? 1 : 0) : std::clamp(coverage, 0.0, 1.0));
  }
  return out;
}

ImageF LowResolution(const ImageF& mask, int factor) {
  CHECK_GE(factor, 1);
  const bool binary = IsBinary(mask);
  ImageF coarse((mask.width + factor - 1) / factor, (mask.height + factor - 1) / factor);
  Image<int> pixels(coarse.width, coarse.height);
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      coarse.at(column / factor, row / factor) += mask.at(column, row);
      ++pixels.at(column / factor, row / factor);
    }
  }
  for (size_t i = 0; i < coarse.pixels.size(); ++i) coarse.pixels[i] /= pixels.pixels[i];
  ImageF out(mask.width, mask.height);
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      const double value = Interpolate(coarse, (column + 0.5) / factor, (row + 0.5) / factor);
      out.at(column, row) = static_cast<float>(binary ? (value > 0.5 ? 1 : 0) : value);
    }
  }
  return out;
}

}  // namespace ceres_align
