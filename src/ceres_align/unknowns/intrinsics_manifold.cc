#include "ceres_align/unknowns/intrinsics_manifold.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {

IntrinsicsManifold::IntrinsicsManifold(bool focal, bool principal_point)
    : focal_(focal), principal_point_(principal_point) {}

bool IntrinsicsManifold::Plus(const double* x, const double* delta, double* x_plus_delta) const {
  std::copy(x, x + 4, x_plus_delta);
  if (focal_) {
    const double factor = std::exp(*delta++);
    x_plus_delta[0] *= factor;
    x_plus_delta[1] *= factor;
  }
  if (principal_point_) {
    x_plus_delta[2] += delta[0];
    x_plus_delta[3] += delta[1];
  }
  return true;
}

bool IntrinsicsManifold::PlusJacobian(const double* x, double* jacobian) const {
  const int n = TangentSize();
  std::fill(jacobian, jacobian + 4 * n, 0.0);
  int column = 0;
  if (focal_) {
    jacobian[0] = x[0];
    jacobian[n] = x[1];
    column = 1;
  }
  if (principal_point_) {
    jacobian[2 * n + column] = 1;
    jacobian[3 * n + column + 1] = 1;
  }
  return true;
}

bool IntrinsicsManifold::Minus(const double* y, const double* x, double* y_minus_x) const {
  if (focal_) *y_minus_x++ = std::log(y[0] / x[0]);
  if (principal_point_) {
    y_minus_x[0] = y[2] - x[2];
    y_minus_x[1] = y[3] - x[3];
  }
  return true;
}

bool IntrinsicsManifold::MinusJacobian(const double* x, double* jacobian) const {
  std::fill(jacobian, jacobian + 4 * TangentSize(), 0.0);
  if (focal_) {
    *jacobian = 1 / x[0];
    jacobian += 4;
  }
  if (principal_point_) {
    jacobian[2] = 1;
    jacobian[4 + 3] = 1;
  }
  return true;
}

}  // namespace ceres_align
