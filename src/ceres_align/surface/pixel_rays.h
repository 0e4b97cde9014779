// The rays through the pixels' centres, row by row.
#pragma once

#include <vector>

#include "ceres_align/geometry/camera.h"

namespace ceres_align::surface_internal {

/// Points of the plane Z = 1 that the pixels of a row see.
class PixelRays {
 public:
  explicit PixelRays(const Camera& camera) : camera_(camera), projection_(camera) {}

  /// x[c], y[c] of row `row`, columns [first, last).
  void Row(int row, int first, int last, double* x, double* y) const {
    if (camera_.lens.IsNone()) {
      const double row_y = (row + 0.5 - camera_.cy_px) / camera_.fy_px;
      for (int c = first; c < last; ++c) {
        x[c] = (c + 0.5 - camera_.cx_px) / camera_.fx_px;
        y[c] = row_y;
      }
      return;
    }
    for (int c = first; c < last; ++c) {
      const Eigen::Vector3d ray = projection_.Ray(c + 0.5, row + 0.5);
      x[c] = ray.x();
      y[c] = ray.y();
    }
  }

 private:
  const Camera camera_;
  const Projection projection_;
};

}  // namespace ceres_align::surface_internal
