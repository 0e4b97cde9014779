// The silhouette's mathematics, one source for host and device: which side of a face the camera
// is on, where an edge projects, and how its image moves with the pose.
//
// A mesh's mask is {w != 0}, w(x) the number of projected triangles over image point x, each
// counted +1 whatever its winding. Across the projection of edge e, w jumps by
//   m_e = Σ_f o_ef · s_f,   s_f = +1 where the camera is on the side face f's normal points to,
//   else −1;  o_ef = ±1 as f's winding runs along or against e,
// so only edges with m_e != 0 matter, for any set of triangles.
//
// Frames: vertices are relative to the mesh's centre, in the object's axes; the camera has
// OpenCV's axes; images have x right, y down, the first pixel's centre at (0.5, 0.5).
#pragma once

#include <cstdint>

#include "ceres_align/base/hd.h"
#include "ceres_align/geometry/lens_distortion.h"

namespace ceres_align {

/// One job's view: everything the kernels need of camera and pose, by value.
struct ViewGeometry {
  Mat3 cam_from_object;  ///< rotation
  Vec3 center_in_cam;    ///< the mesh's centre
  Vec3 cam_in_object;    ///< camera's centre, relative to the mesh's centre, object's axes
  double fx_px, fy_px, cx_px, cy_px;
  double near_z;  ///< > 0; what lies nearer is clipped
  int width_px, height_px;
  int window;  ///< k: all px here are 1/k of a pixel; only rows k·j + k/2 are swept
  bool has_lens;
  LensMap lens;  ///< if has_lens: edges are drawn in pieces, see lens_pieces.h
};

/// Unit normal and offset of a triangle's plane: n·x + d. d is taken at corner a.
struct Plane {
  Vec3 n;
  double d;
};
CA_HD inline Plane UnitPlane(const Vec3& a, const Vec3& b, const Vec3& c) {
  const Vec3 n = Cross(b - a, c - a);
  const Vec3 unit = (1.0 / Norm(n)) * n;
  return {unit, -Dot(unit, a)};
}

/// s_f of a face, the authority that every edge of the face must agree with; 0 counts as −1.
CA_HD inline int FaceSide(const Vec3& a, const Vec3& b, const Vec3& c, const Vec3& camera) {
  const Plane plane = UnitPlane(a, b, c);
  return Dot(plane.n, camera - a) > 0 ? 1 : -1;
}

/// A displacement of y, fixed per vertex, in (0, 1e-7] px: removes exactly horizontal edges,
/// whose image motion would be lost, at an error of coverage below 1e-7.
CA_HD inline double JitterPx(uint32_t vertex) {
  uint32_t h = vertex * 0x9E3779B1u + 0x7F4A7C15u;
  h ^= h >> 15;
  h *= 0x85EBCA77u;
  h ^= h >> 13;
  h *= 0xC2B2AE3Du;
  h ^= h >> 16;
  return (h + 1.0) * (1e-7 / 4294967296.0);
}

/// A point of an edge in the camera.
struct EdgePoint {
  Vec3 from_center;  ///< camera's axes, relative to the mesh's centre: the rotation's lever
  Vec3 in_cam;
  uint32_t jitter;  ///< what JitterPx hashes
};

CA_HD inline EdgePoint ToCamera(const ViewGeometry& view, const Vec3& vertex, uint32_t index) {
  const Vec3 a = view.cam_from_object * vertex;
  return {a, a + view.center_in_cam, index};
}

/// The point of the edge low–high at z = near_z. Callers order the ends by vertex index, so that
/// an edge and both its faces get the same bits.
CA_HD inline EdgePoint NearPoint(const ViewGeometry& view, const EdgePoint& low,
                                 const EdgePoint& high) {
  const double s = (view.near_z - low.in_cam.z) / (high.in_cam.z - low.in_cam.z);
  EdgePoint p;
  p.from_center = low.from_center + s * (high.from_center - low.from_center);
  p.in_cam = low.in_cam + s * (high.in_cam - low.in_cam);
  p.in_cam.z = view.near_z;
  p.jitter = low.jitter * 0x01000193u ^ high.jitter;
  return p;
}

/// A projected contour edge, ends in order of growing y.
struct ImageEdge {
  double x0, y0, x1, y1;  ///< px, jittered
  double slope;           ///< dx/dy
  double inv_dy;          ///< 1/(y1 − y0)
  int multiplicity;       ///< what w gains when the edge is crossed towards +x
};

/// The least integer that is not below x, 0 <= x < 2³¹.
CA_HD inline int Ceil(double x) {
  const int floor = static_cast<int>(x);
  return floor + (floor < x ? 1 : 0);
}

/// Without a lens.
CA_HD inline void ProjectPx(const ViewGeometry& view, const EdgePoint& p, double* x, double* y) {
  const double inv_z = 1.0 / p.in_cam.z;
  *x = view.fx_px * p.in_cam.x * inv_z + view.cx_px;
  *y = view.fy_px * p.in_cam.y * inv_z + view.cy_px + JitterPx(p.jitter);
}

/// What an edge's projected ends (px, py), (qx, qy) make of it, multiplicity apart; upper end first
/// (`swapped`: that is q). Without branches, so that many are done at once.
struct OrderedEnds {
  double x0, y0, x1, y1, slope, inv_dy;
  bool swapped;
  bool is_seen;  ///< it has a height, and does not lie above, below or right of the frame
};
CA_HD inline OrderedEnds OrderEnds(double px, double py, double qx, double qy, double width_px,
                                   double height_px) {
  OrderedEnds e;
  e.swapped = py > qy;
  e.x0 = e.swapped ? qx : px;
  e.y0 = e.swapped ? qy : py;
  e.x1 = e.swapped ? px : qx;
  e.y1 = e.swapped ? py : qy;
  const double dy = e.y1 - e.y0;
  e.inv_dy = 1.0 / dy;
  e.slope = (e.x1 - e.x0) * e.inv_dy;
  e.is_seen = (e.y1 > 0) & (e.y0 < height_px) & ((e.x0 < width_px) | (e.x1 < width_px)) & (dy > 0);
  return e;
}

/// Puts the straight piece from (px, py) to (qx, qy), in px, of an edge of multiplicity m_e in
/// order. `swapped` tells that q is the upper end. False: the piece has no height or lies above,
/// below or right of the frame, where it does nothing.
CA_HD inline bool OrderImageEdge(const ViewGeometry& view, double px, double py, double qx,
                                 double qy, int m, ImageEdge* edge, bool* swapped) {
  const OrderedEnds e = OrderEnds(px, py, qx, qy, view.width_px, view.height_px);
  *swapped = e.swapped;
  // A front face's winding runs down where its inside lies to the right (y points down).
  *edge = ImageEdge{e.x0, e.y0, e.x1, e.y1, e.slope, e.inv_dy, e.swapped ? -m : m};
  return e.is_seen;
}

/// Projects the edge p→q of a view without a lens; see OrderImageEdge.
CA_HD inline bool MakeImageEdge(const ViewGeometry& view, const EdgePoint& p, const EdgePoint& q,
                                int m, ImageEdge* edge, bool* swapped) {
  double px, py, qx, qy;
  ProjectPx(view, p, &px, &py);
  ProjectPx(view, q, &qx, &qy);
  return OrderImageEdge(view, px, py, qx, qy, m, edge, swapped);
}

/// How an edge's image moves (Reynolds): for the piece of the edge between y = a and y = b that
/// separates covered from empty, the covered area right of it (left of it: with −) changes by
///   dA/dp = (b − a) · [(1 − u) k0 + u k1],   u the edge parameter at (a + b)/2,
///   k = −∂x/∂p + slope · ∂y/∂p  at either end, p = [ω, v] as in rasterizer.h.
/// Linear in u exactly, also in perspective: it is the motion of a line.
struct EdgeVelocity {
  double k0[6], k1[6];
};

/// k at one end; `slide` is what a point bound to the near plane adds (0 for a vertex): it moves
/// along its mesh edge by −v_z·slide when the edge moves by v.
CA_HD inline void EndVelocity(const ViewGeometry& view, const EdgePoint& p, double slope,
                              const Vec3& slide, double* k) {
  const double inv_z = 1.0 / p.in_cam.z;
  const double gx = -view.fx_px * inv_z;
  const double gy = slope * view.fy_px * inv_z;
  Vec3 h = {gx, gy, -(gx * p.in_cam.x + gy * p.in_cam.y) * inv_z};
  h.z -= Dot(h, slide);
  const Vec3 turn = Cross(p.from_center, h);
  k[0] = turn.x;
  k[1] = turn.y;
  k[2] = turn.z;
  k[3] = h.x;
  k[4] = h.y;
  k[5] = h.z;
}

/// The same by [fx, fy, cx, cy] of the image before it was made view.window times as large: the
/// image of a line moves as one, whatever the lens, for x = fx·x' + cx with x' of the plane Z = 1.
struct IntrinsicsVelocity {
  static constexpr int kColumns = 4;
  double k0[kColumns], k1[kColumns];
};
CA_HD inline IntrinsicsVelocity IntrinsicsVelocityOf(const ViewGeometry& view,
                                                     const ImageEdge& edge) {
  const double k = view.window, per_fx = k / view.fx_px, per_fy = k / view.fy_px;
  return {{-(edge.x0 - view.cx_px) * per_fx, edge.slope * (edge.y0 - view.cy_px) * per_fy, -k,
           k * edge.slope},
          {-(edge.x1 - view.cx_px) * per_fx, edge.slope * (edge.y1 - view.cy_px) * per_fy, -k,
           k * edge.slope}};
}

}  // namespace ceres_align
