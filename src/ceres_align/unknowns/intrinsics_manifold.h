// The tangent of an intrinsics block: one factor of both focal lengths, the principal point.
#pragma once

#include <ceres/manifold.h>

namespace ceres_align {

/// Intrinsics [fx, fy, cx, cy] (px) with the tangent [log f, cx, cy] or a part of it:
///   fx ← fx·exp(δ0), fy ← fy·exp(δ0), cx ← cx + δ1, cy ← cy + δ2
/// so that fy/fx stays. What is not free has no tangent.
class IntrinsicsManifold : public ceres::Manifold {
 public:
  IntrinsicsManifold(bool focal, bool principal_point);
  int AmbientSize() const override { return 4; }
  int TangentSize() const override { return (focal_ ? 1 : 0) + (principal_point_ ? 2 : 0); }
  bool Plus(const double* x, const double* delta, double* x_plus_delta) const override;
  bool PlusJacobian(const double* x, double* jacobian) const override;
  bool Minus(const double* y, const double* x, double* y_minus_x) const override;
  bool MinusJacobian(const double* x, double* jacobian) const override;

 private:
  const bool focal_, principal_point_;
};

}  // namespace ceres_align
