#include "ceres_align/io/lens.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

struct Point {
  double x, y;
};

// The pixel's centre on the plane Z = 1.
Point NormalizedCenter(const Camera& camera, int column, int row) {
  return {(column + 0.5 - camera.cx_px) / camera.fx_px, (row + 0.5 - camera.cy_px) / camera.fy_px};
}

// Where in the photograph the pixel's centre lies, px; and the map's area factor.
Point PhotographPosition(const LensDistortion& lens, const Camera& camera, int column, int row,
                         double* area_factor) {
  const Point p = NormalizedCenter(camera, column, row);
  double x, y;
  *area_factor = lens.Distort(p.x, p.y, &x, &y);
  return {camera.fx_px * x + camera.cx_px, camera.fy_px * y + camera.cy_px};
}

double Bilinear(const ImageF& image, const Point& at_px) {
  const double x = std::clamp(at_px.x - 0.5, 0.0, image.width - 1.0);
  const double y = std::clamp(at_px.y - 0.5, 0.0, image.height - 1.0);
  const int x0 = static_cast<int>(x), y0 = static_cast<int>(y);
  const int x1 = std::min(x0 + 1, image.width - 1), y1 = std::min(y0 + 1, image.height - 1);
  const double u = x - x0, v = y - y0;
  return (1 - v) * ((1 - u) * image.at(x0, y0) + u * image.at(x1, y0)) +
         v * ((1 - u) * image.at(x0, y1) + u * image.at(x1, y1));
}

}  // namespace

LensDistortion LensDistortion::FromList(const std::vector<double>& list, std::string_view where) {
  if (!list.empty() && list.size() != 4 && list.size() != 5 && list.size() != 8) {
    Fail(where, " has ", list.size(), " numbers; k1,k2,p1,p2[,k3[,k4,k5,k6]] needs 4, 5 or 8");
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (!std::isfinite(list[i])) Fail(where, "[", i, "] is not finite");
  }
  LensDistortion lens;
  double* const fields[] = {&lens.k1, &lens.k2, &lens.p1, &lens.p2,
                            &lens.k3, &lens.k4, &lens.k5, &lens.k6};
  for (size_t i = 0; i < list.size(); ++i) *fields[i] = list[i];
  return lens;
}

bool LensDistortion::IsNone() const {
  for (double value : {k1, k2, p1, p2, k3, k4, k5, k6}) {
    if (value != 0) return false;
  }
  return true;
}

double LensDistortion::Distort(double x, double y, double* x_distorted, double* y_distorted) const {
  const double r2 = x * x + y * y;
  const double above = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const double below = 1 + r2 * (k4 + r2 * (k5 + r2 * k6));
  const double s = above / below;
  *x_distorted = s * x + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
  *y_distorted = s * y + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
  // d s / d r².
  const double slope =
      (k1 + r2 * (2 * k2 + r2 * 3 * k3) - s * (k4 + r2 * (2 * k5 + r2 * 3 * k6))) / below;
  const double xx = s + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x;
  const double yy = s + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x;
  const double xy = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y;
  const double determinant = xx * yy - xy * xy;
  return below > 0 && xx + yy > 0 && determinant > 0 ? determinant : 0;
}

void CheckNoFold(const LensDistortion& lens, const Camera& camera, std::string_view where) {
  if (lens.IsNone()) return;
  for (int row = 0; row < camera.height_px; ++row) {
    for (int column = 0; column < camera.width_px; ++column) {
      double area_factor;
      const Point at = PhotographPosition(lens, camera, column, row, &area_factor);
      if (area_factor > 0 && std::isfinite(at.x) && std::isfinite(at.y)) continue;
      Fail(where, ": the lens distortion folds over inside the image, at pixel (", column, ", ",
           row, ")");
    }
  }
}

Undistorted Undistort(const LensDistortion& lens, const Camera& camera, const ImageF& mask,
                      const ImageF& ignore) {
  CHECK_EQ(mask.width, camera.width_px);
  CHECK_EQ(mask.height, camera.height_px);
  Undistorted result{ImageF(mask.width, mask.height), ImageF(mask.width, mask.height), 0};
  double area_px = 0, kept_px = 0;
  for (float v : mask.pixels) area_px += v;
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      double area_factor;
      const Point at = PhotographPosition(lens, camera, column, row, &area_factor);
      const bool in_photograph =
          at.x >= 0 && at.x <= mask.width && at.y >= 0 && at.y <= mask.height;
      if (!in_photograph) continue;
      const double value = Bilinear(mask, at);
      kept_px += area_factor * value;
      result.mask.at(column, row) = static_cast<float>(value);
      const bool ignored = !ignore.empty() && Bilinear(ignore, at) > 0;
      result.weight.at(column, row) = ignored ? 0.0f : 1.0f;
    }
  }
  result.foreground_lost = area_px > 0 ? std::max(0.0, 1 - kept_px / area_px) : 0;
  return result;
}

}  // namespace ceres_align::io_internal
