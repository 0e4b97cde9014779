// A plain row-major image.
#pragma once

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

}  // namespace ceres_align
