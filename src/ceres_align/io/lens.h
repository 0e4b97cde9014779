// Lens distortion, taken out of masks at the border so that the rest knows pinholes only.
// Internal to io/.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"

namespace ceres_align::io_internal {

/// OpenCV's model with rational radial part. With x = X/Z, y = Y/Z, r² = x² + y²:
///   s  = (1 + k1 r² + k2 r⁴ + k3 r⁶) / (1 + k4 r² + k5 r⁴ + k6 r⁶)
///   x' = s x + 2 p1 x y + p2 (r² + 2 x²),  y' = s y + p1 (r² + 2 y²) + 2 p2 x y.
struct LensDistortion {
  double k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0, k4 = 0, k5 = 0, k6 = 0;

  /// From OpenCV's list [k1,k2,p1,p2[,k3[,k4,k5,k6]]]; empty: none. Throws InputError.
  static LensDistortion FromList(const std::vector<double>& list, std::string_view where);
  bool IsNone() const;
  /// Distorts a point of the plane Z = 1. Returns the determinant of the map's derivative, the
  /// factor by which it scales areas; 0 where the map folds or mirrors.
  double Distort(double x, double y, double* x_distorted, double* y_distorted) const;
};

/// Throws InputError naming the pixel if the distortion folds over inside the pinhole image.
void CheckNoFold(const LensDistortion& lens, const Camera& camera, std::string_view where);

struct Undistorted {
  ImageF mask;
  ImageF weight;           ///< 1, or 0 where the photograph has no pixel or is ignored
  double foreground_lost;  ///< fraction of the foreground that falls outside the pinhole image
};
/// Resamples (bilinearly) to the pinhole camera, which has the photograph's K and size. `ignore`
/// may be empty; a pixel that any ignored pixel enters gets weight 0.
Undistorted Undistort(const LensDistortion& lens, const Camera& camera, const ImageF& mask,
                      const ImageF& ignore);

}  // namespace ceres_align::io_internal
