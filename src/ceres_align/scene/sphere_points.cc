#include "ceres_align/scene/sphere_points.h"

#include <cmath>

namespace ceres_align {

Eigen::Vector3d SpherePoint(int i, int n) {
  const double golden = M_PI * (3 - std::sqrt(5.0));
  const double z = 1 - (2.0 * i + 1) / n, r = std::sqrt(1 - z * z);
  return {r * std::cos(golden * i), r * std::sin(golden * i), z};
}

}  // namespace ceres_align
