// A mesh's edge through a lens: its image is a curve, drawn as a polygon whose joints are images of
// points fixed on the edge. The polygon therefore moves with the pose as any image edges do, and
// the derivative of what is drawn is exact; one source for host and device.
#pragma once

#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// The polygon stays this near to the curve, in px.
constexpr double kChordPx = 5e-4;

/// A joint: the point (1 − s)·p + s·q of the edge p→q, and its image.
struct PiecePoint {
  EdgePoint point;
  double s;
  double x, y;    ///< on the plane Z = 1, before the lens
  double px, py;  ///< jittered
};

CA_HD inline PiecePoint ProjectThroughLens(const ViewGeometry& view, const EdgePoint& p, double s) {
  const double inv_z = 1.0 / p.in_cam.z;
  PiecePoint at{p, s, p.in_cam.x * inv_z, p.in_cam.y * inv_z, 0, 0};
  const LensPoint image = Distorted(view.lens, at.x, at.y);
  at.px = view.fx_px * image.x + view.cx_px;
  at.py = view.fy_px * image.y + view.cy_px + JitterPx(p.jitter);
  return at;
}

/// The distance of the piece a–b from the centre of the plane Z = 1, squared.
CA_HD inline double SquaredDistance(const PiecePoint& a, const PiecePoint& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
  const double along = -(a.x * dx + a.y * dy);
  const double t = length2 > 0 ? Min(Max(along / length2, 0.0), 1.0) : 0.0;
  const double x = a.x + t * dx, y = a.y + t * dy;
  return x * x + y * y;
}

/// Whether the straight piece a–b must not stand for its image: inside the lens's disc where it
/// would leave the curve by more than kChordPx, at the disc's edge where it might reach the frame.
/// Outside the disc the image is straight, or else far enough from the frame.
CA_HD inline bool MustBeSplit(const ViewGeometry& view, const PiecePoint& a, const PiecePoint& b) {
  const LensMap& lens = view.lens;
  const double radius2 = lens.radius * lens.radius;
  const bool a_in = a.x * a.x + a.y * a.y <= radius2, b_in = b.x * b.x + b.y * b.y <= radius2;
  const double tolerance = kChordPx * view.window / Max(view.fx_px, view.fy_px);
  if (a_in && b_in) return BendBound(lens, a.x, a.y, b.x, b.y) > tolerance;
  if (!a_in && !b_in && !(SquaredDistance(a, b) < radius2)) return false;
  const double dx = b.x - a.x, dy = b.y - a.y;
  return lens.stretch * sqrt(dx * dx + dy * dy) > Max(lens.clearance, tolerance);
}

/// Calls emit(from, to) with PiecePoints for the pieces of the edge p→q, in order; each begins with
/// the bits with which the last one ended, and the ends are p and q themselves. Both are in front
/// of the near plane. The joints lie at fractions of halving; which ones depends on nothing but
/// view, p and q.
template <typename Emit>
CA_HD inline void ForEachImagePiece(const ViewGeometry& view, const EdgePoint& p,
                                    const EdgePoint& q, Emit& emit) {
  constexpr uint32_t kWhole = uint32_t{1} << 30;
  const PiecePoint last = ProjectThroughLens(view, q, 1.0);
  PiecePoint a = ProjectThroughLens(view, p, 0.0);
  const Vec3 lever = q.from_center - p.from_center, edge = q.in_cam - p.in_cam;
  for (uint32_t at = 0, size = kWhole; at < kWhole;) {
    const uint32_t end = at + size;
    PiecePoint b = last;
    if (end < kWhole) {
      const double s = end * (1.0 / kWhole);
      const uint32_t jitter = (p.jitter * 0x01000193u ^ q.jitter) * 0x01000193u ^ end;
      b = ProjectThroughLens(view, {p.from_center + s * lever, p.in_cam + s * edge, jitter}, s);
    }
    if (size > 1 && MustBeSplit(view, a, b)) {
      size /= 2;
      continue;
    }
    emit(a, b);
    a = b;
    at = end;
    size = at & (~at + 1);  // the longest piece that may begin here
  }
}

/// How a point that is bound to the near plane moves beside the motion [ω, v] of the mesh: by
///   −(v_z·by_vz + ω_x·by_wx + ω_y·by_wy).
/// Linear along an edge, so that a joint between two such points has their mean by s.
struct PointSlide {
  Vec3 by_vz, by_wx, by_wy;
};
/// Of a point on a mesh edge which it slides along; `slide` as for EndVelocity.
CA_HD inline PointSlide PointSlideOf(const EdgePoint& p, const Vec3& slide) {
  return {slide, p.from_center.y * slide, -p.from_center.x * slide};
}

/// How both ends of an edge p→q slide.
struct EdgeSlides {
  PointSlide p, q;
  CA_HD PointSlide At(double s) const {
    return {(1 - s) * p.by_vz + s * q.by_vz, (1 - s) * p.by_wx + s * q.by_wx,
            (1 - s) * p.by_wy + s * q.by_wy};
  }
};

/// ClipEdge, and how the ends slide that it made.
CA_HD inline bool ClipEdge(const ViewGeometry& view, const ContourEdge& edge, EdgePoint* p,
                           EdgePoint* q, EdgeSlides* slides) {
  const Vec3 d = q->in_cam - p->in_cam;
  const bool p_in = InFront(view, *p), q_in = InFront(view, *q);
  if (!ClipEdge(view, edge, p, q)) return false;
  *slides = EdgeSlides{};
  if (!p_in) slides->p = PointSlideOf(*p, (1.0 / d.z) * d);
  if (!q_in) slides->q = PointSlideOf(*q, (1.0 / d.z) * d);
  return true;
}
CA_HD inline EdgeSlides SlidesOf(const NearCut& cut) {
  return {PointSlideOf(cut.from, cut.slides.top), PointSlideOf(cut.to, cut.slides.bottom)};
}

/// EndVelocity (silhouette_math.h) through a lens, for a point given from the mesh's centre.
CA_HD inline void LensEndVelocity(const ViewGeometry& view, const Vec3& from_center, double slope,
                                  const PointSlide& slide, double* k) {
  const Vec3 in_cam = from_center + view.center_in_cam;
  const double inv_z = 1.0 / in_cam.z;
  const LensPoint at = Distorted(view.lens, in_cam.x * inv_z, in_cam.y * inv_z);
  const double gx = (-view.fx_px * at.xx + slope * view.fy_px * at.yx) * inv_z;
  const double gy = (-view.fx_px * at.xy + slope * view.fy_px * at.yy) * inv_z;
  const Vec3 h = {gx, gy, -(gx * in_cam.x + gy * in_cam.y) * inv_z};
  const Vec3 turn = Cross(from_center, h);
  k[0] = turn.x - Dot(h, slide.by_wx);
  k[1] = turn.y - Dot(h, slide.by_wy);
  k[2] = turn.z;
  k[3] = h.x;
  k[4] = h.y;
  k[5] = h.z - Dot(h, slide.by_vz);
}

/// The velocity of a piece, upper end first.
CA_HD inline EdgeVelocity LensVelocityOf(const ViewGeometry& view, const Vec3& top,
                                         const Vec3& bottom, double slope,
                                         const PointSlide& top_slide,
                                         const PointSlide& bottom_slide) {
  EdgeVelocity velocity;
  LensEndVelocity(view, top, slope, top_slide, velocity.k0);
  LensEndVelocity(view, bottom, slope, bottom_slide, velocity.k1);
  return velocity;
}

}  // namespace ceres_align
