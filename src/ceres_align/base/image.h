// A plain row-major image.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {

/// width x height pixels, row-major, top row first. Pixel (column, row) covers the square
/// [column, column + 1) x [row, row + 1) of the image plane.
template <typename T>
struct Image {
  int width = 0;
  int height = 0;
  std::vector<T> pixels;

  Image() = default;
  Image(int width_px, int height_px, T value = T{})
      : width(width_px), height(height_px), pixels(Count(width_px, height_px), value) {}

  bool empty() const { return pixels.empty(); }
  T& at(int column, int row) { return pixels[Index(column, row)]; }
  const T& at(int column, int row) const { return pixels[Index(column, row)]; }
  T* row(int r) { return pixels.data() + static_cast<size_t>(r) * width; }
  const T* row(int r) const { return pixels.data() + static_cast<size_t>(r) * width; }

 private:
  static size_t Count(int w, int h) {
    CHECK_GE(w, 0);
    CHECK_GE(h, 0);
    return static_cast<size_t>(w) * static_cast<size_t>(h);
  }
  size_t Index(int column, int r) const {
    DCHECK(column >= 0 && column < width && r >= 0 && r < height);
    return static_cast<size_t>(r) * width + column;
  }
};

/// Coverage or probability per pixel in [0, 1].
using ImageF = Image<float>;

/// What an image is outside its frame: its border's pixels continued, or 0.
enum class Outside { kBorder, kZero };

/// The value at (x_px, y_px) of the image plane, linear between the pixels' centres, which are at
/// (column + 0.5, row + 0.5). The image must not be empty; NaN as a position gives NaN.
template <typename T>
double Bilinear(const Image<T>& image, double x_px, double y_px,
                Outside outside = Outside::kBorder) {
  double x = x_px - 0.5, y = y_px - 0.5;
  if (std::isnan(x) || std::isnan(y)) return x + y;
  if (outside == Outside::kBorder) {
    x = std::clamp(x, 0.0, image.width - 1.0);
    y = std::clamp(y, 0.0, image.height - 1.0);
  } else if (x <= -1 || y <= -1 || x >= image.width || y >= image.height) {
    return 0;
  }
  const int c0 = static_cast<int>(std::floor(x)), r0 = static_cast<int>(std::floor(y));
  const double u = x - c0, v = y - r0;
  // With a continued border what lies outside has no weight here.
  const auto at = [&](int column, int row) -> double {
    const bool in = column >= 0 && row >= 0 && column < image.width && row < image.height;
    return in ? static_cast<double>(image.at(column, row)) : 0.0;
  };
  return (1 - v) * ((1 - u) * at(c0, r0) + u * at(c0 + 1, r0)) +
         v * ((1 - u) * at(c0, r0 + 1) + u * at(c0 + 1, r0 + 1));
}

}  // namespace ceres_align
