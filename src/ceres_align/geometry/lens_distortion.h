// OpenCV's lens distortions on the plane Z = 1, one source for host and device: where a point goes,
// how the map turns and stretches there, and where the model ends.
#pragma once

#include "ceres_align/base/hd.h"

namespace ceres_align {

/// OpenCV's model with rational radial part. With x = X/Z, y = Y/Z, r² = x² + y²:
///   s  = (1 + k1 r² + k2 r⁴ + k3 r⁶) / (1 + k4 r² + k5 r⁴ + k6 r⁶)
///   x' = s x + 2 p1 x y + p2 (r² + 2 x²),  y' = s y + p1 (r² + 2 y²) + 2 p2 x y.
/// Or, where is_fisheye, its fisheye model (cv::fisheye; Kannala and Brandt, PAMI 28, 2006), which
/// has k1 to k4 only: with θ = atan r,
///   s  = θ (1 + k1 θ² + k2 θ⁴ + k3 θ⁶ + k4 θ⁸) / r,  x' = s x,  y' = s y.
/// What lies 90° and more off the axis has no place on the plane Z = 1.
struct LensDistortion {
  double k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0, k4 = 0, k5 = 0, k6 = 0;
  bool is_fisheye = false;

  /// A fisheye lens is one even where its numbers are 0.
  CA_HD bool IsNone() const {
    return !is_fisheye && k1 == 0 && k2 == 0 && p1 == 0 && p2 == 0 && k3 == 0 && k4 == 0 &&
           k5 == 0 && k6 == 0;
  }
};

/// The radial factor s and its derivatives by r².
struct RadialFactor {
  double s, d1, d2;
};

/// Of atan(r)/r: near r = 0 its series, for the closed form's differences cancel there.
CA_HD inline RadialFactor AngleFactor(double r2) {
  RadialFactor t{0, 0, 0};
  if (r2 < 0.02) {
    constexpr int kTerms = 10;  // what is left out is below 0.02^10
    for (int n = kTerms - 1; n >= 0; --n) {
      t.d2 = t.d2 * r2 + 2 * t.d1;
      t.d1 = t.d1 * r2 + t.s;
      t.s = t.s * r2 + (n % 2 == 0 ? 1.0 : -1.0) / (2 * n + 1);
    }
    return t;
  }
  const double r = sqrt(r2), c = 1 / (1 + r2);
  t.s = atan(r) / r;
  t.d1 = (c - t.s) / (2 * r2);
  t.d2 = -(c * c + 3 * t.d1) / (2 * r2);
  return t;
}

/// s = Σ k_i r²^i t^(2i + 1) with k_0 = 1 and t = atan(r)/r.
CA_HD inline RadialFactor FisheyeFactor(const LensDistortion& lens, double r2) {
  const RadialFactor t = AngleFactor(r2);
  const double k[5] = {1, lens.k1, lens.k2, lens.k3, lens.k4};
  // θ² = r² t² and its derivatives by r².
  const double u = r2 * t.s * t.s;
  const double u1 = t.s * t.s + 2 * r2 * t.s * t.d1;
  const double u2 = 4 * t.s * t.d1 + 2 * r2 * (t.d1 * t.d1 + t.s * t.d2);
  double p = 0, p1 = 0, p2 = 0;  // Σ k_i u^i and its derivatives by u
  for (int i = 4; i >= 0; --i) {
    p2 = p2 * u + 2 * p1;
    p1 = p1 * u + p;
    p = p * u + k[i];
  }
  const double q1 = p1 * u1, q2 = p2 * u1 * u1 + p1 * u2;
  return {t.s * p, t.d1 * p + t.s * q1, t.d2 * p + 2 * t.d1 * q1 + t.s * q2};
}

CA_HD inline RadialFactor RadialFactorOf(const LensDistortion& lens, double r2) {
  if (lens.is_fisheye) return FisheyeFactor(lens, r2);
  const double above = 1 + r2 * (lens.k1 + r2 * (lens.k2 + r2 * lens.k3));
  const double above1 = lens.k1 + r2 * (2 * lens.k2 + r2 * 3 * lens.k3);
  const double above2 = 2 * lens.k2 + r2 * 6 * lens.k3;
  const double below = 1 + r2 * (lens.k4 + r2 * (lens.k5 + r2 * lens.k6));
  const double below1 = lens.k4 + r2 * (2 * lens.k5 + r2 * 3 * lens.k6);
  const double below2 = 2 * lens.k5 + r2 * 6 * lens.k6;
  RadialFactor f;
  f.s = above / below;
  f.d1 = (above1 - f.s * below1) / below;
  f.d2 = (above2 - f.s * below2 - 2 * f.d1 * below1) / below;
  return f;
}

/// ∂s/∂k1.
CA_HD inline double RadialSlopeByK1(const LensDistortion& lens, double r2) {
  if (lens.is_fisheye) {
    const double t = AngleFactor(r2).s;
    return r2 * t * t * t;
  }
  return r2 / (1 + r2 * (lens.k4 + r2 * (lens.k5 + r2 * lens.k6)));
}

/// A distorted point and the map's derivative there: xy = ∂x'/∂y, yx = ∂y'/∂x.
struct LensPoint {
  double x, y;
  double xx, xy, yx, yy;
};

/// The model as it stands, wherever (x, y) lies.
CA_HD inline LensPoint Distorted(const LensDistortion& lens, double x, double y) {
  const double r2 = x * x + y * y;
  const RadialFactor f = RadialFactorOf(lens, r2);
  const double p1 = lens.p1, p2 = lens.p2;
  LensPoint at;
  at.x = f.s * x + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
  at.y = f.s * y + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
  at.xx = f.s + 2 * x * x * f.d1 + 2 * p1 * y + 6 * p2 * x;
  at.yy = f.s + 2 * y * y * f.d1 + 6 * p1 * y + 2 * p2 * x;
  at.xy = at.yx = 2 * x * y * f.d1 + 2 * p1 * x + 2 * p2 * y;
  return at;
}

/// A lens with bounds over the disc of the plane Z = 1 that the frame sees. Outside the disc, where
/// the model may fold over, it is continued as the pinhole of its edge,
///   D(x) = D(R x/r) + s(R) (r − R) x/r,
/// which is continuous, never folds and keeps what lies outside the frame outside.
struct LensMap {
  LensDistortion lens;
  double radius;     ///< R
  double beyond;     ///< s(R)
  double clearance;  ///< what lies outside the disc stays this far from the frame
  double stretch;    ///< the map moves no two points apart by more than this factor
  double bend, bend_most, bend_tangential;  ///< see BendBound
};

CA_HD inline LensPoint Distorted(const LensMap& map, double x, double y) {
  const double r2 = x * x + y * y;
  if (r2 <= map.radius * map.radius) return Distorted(map.lens, x, y);
  const double r = sqrt(r2), ux = x / r, uy = y / r, R = map.radius;
  const LensPoint edge = Distorted(map.lens, R * ux, R * uy);
  LensPoint at;
  at.x = edge.x + map.beyond * (r - R) * ux;
  at.y = edge.y + map.beyond * (r - R) * uy;
  // Along u: the factor s(R). Across it: the edge's derivative, R/r of it, and the rest of s(R).
  const double part = R / r, along = map.beyond, across = map.beyond * (1 - part);
  const double tx = -uy, ty = ux;  // across
  const double edge_tx = part * (edge.xx * tx + edge.xy * ty) + across * tx;
  const double edge_ty = part * (edge.yx * tx + edge.yy * ty) + across * ty;
  at.xx = along * ux * ux + edge_tx * tx;
  at.xy = along * ux * uy + edge_tx * ty;
  at.yx = along * uy * ux + edge_ty * tx;
  at.yy = along * uy * uy + edge_ty * ty;
  return at;
}

/// How far at most the image of the straight piece a–b, both ends inside the disc, leaves its
/// chord; on the plane Z = 1. The radial part bends a line at distance w from the centre by at most
/// bend·w per square of its length (radial lines stay straight), and w·length = |a × b|; any line
/// by at most bend_most, which is less where the lens nearly folds.
CA_HD inline double BendBound(const LensMap& map, double ax, double ay, double bx, double by) {
  const double dx = bx - ax, dy = by - ay;
  const double length2 = dx * dx + dy * dy;
  const double cross = fabs(ax * by - ay * bx);
  const double radial = Min(map.bend * cross * sqrt(length2), map.bend_most * length2);
  return 0.125 * (radial + map.bend_tangential * length2);
}

}  // namespace ceres_align
