// A smooth random function over an image. Internal to synth.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "ceres_align/synth/random.h"

namespace ceres_align {

/// A smooth field of mean 0 and variance 1: a uniform cubic B-spline with random coefficients,
/// divided by the standard deviation that it would have at each place.
class SmoothField {
 public:
  SmoothField(int width, int height, double knot_distance, Random* random)
      : scale_(1 / knot_distance),
        columns_(static_cast<int>(width * scale_) + 4),
        rows_(static_cast<int>(height * scale_) + 4) {
    // A random phase, so that the knots do not always lie at the same pixels.
    phase_x_ = random->Uniform();
    phase_y_ = random->Uniform();
    coefficients_.resize(static_cast<size_t>(columns_ + 1) * (rows_ + 1));
    for (double& c : coefficients_) c = random->Normal();
  }
  double At(double x, double y) const {
    const double u = x * scale_ + phase_x_, v = y * scale_ + phase_y_;
    const int column = static_cast<int>(u), row = static_cast<int>(v);
    const std::array<double, 4> wx = Weights(u - column), wy = Weights(v - row);
    double sum = 0, variance = 0;
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 4; ++i) {
        const double w = wx[i] * wy[j];
        sum += w * coefficients_[static_cast<size_t>(row + j) * (columns_ + 1) + column + i];
        variance += w * w;
      }
    }
    return sum / std::sqrt(variance);
  }

 private:
  static std::array<double, 4> Weights(double t) {
    const double s = 1 - t;
    return {s * s * s / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * s * s + 3 * s * s * s) / 6,
            t * t * t / 6};
  }
  double scale_, phase_x_, phase_y_;
  int columns_, rows_;
  std::vector<double> coefficients_;
};

}  // namespace ceres_align
