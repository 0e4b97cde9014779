// THE tangent of a pose: side, order and scale are stated here and nowhere else.
#pragma once

#include <ceres/manifold.h>

namespace ceres_align {

/// Poses b_from_a = [qx, qy, qz, qw, tx, ty, tz], a unit quaternion and a translation, with the
/// tangent δ = [ω, v]:
///   Plus:  R ← exp([ω]×)·R,   t ← t + v
/// ω is a full rotation angle (rad) on the left, in frame b's axes; the rotation leaves the place
/// of a's origin alone, so put a's origin in the object. v has the unit of the translation.
/// (ceres::EigenQuaternionManifold uses half angles: do not mix the two.)
class PoseManifold : public ceres::Manifold {
 public:
  int AmbientSize() const override { return 7; }
  int TangentSize() const override { return 6; }
  bool Plus(const double* x, const double* delta, double* x_plus_delta) const override;
  /// 7x6, row-major.
  bool PlusJacobian(const double* x, double* jacobian) const override;
  bool Minus(const double* y, const double* x, double* y_minus_x) const override;
  /// 6x7, row-major; MinusJacobian · PlusJacobian = I. A derivative J6 by [ω, v] becomes one by
  /// the seven parameters as J6 · MinusJacobian.
  bool MinusJacobian(const double* x, double* jacobian) const override;
};

}  // namespace ceres_align
