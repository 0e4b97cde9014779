// From an edge of the mesh to an edge of the image: sides, clipping at the near plane, velocities;
// one source for host and device.
#pragma once

#include "ceres_align/render/contour_types.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// FaceSide (silhouette_math.h) of a mesh's face.
CA_HD inline int SideOfFace(const Vec3* vertices, const MeshFace& face, const Vec3& camera) {
  return FaceSide(vertices[face.v[0]], vertices[face.v[1]], vertices[face.v[2]], camera);
}

CA_HD inline bool InFront(const ViewGeometry& view, const EdgePoint& p) {
  return p.in_cam.z > view.near_z;
}

/// Cuts the edge v0–v1 with ends p, q at the near plane. False: nothing of it is in front.
CA_HD inline bool ClipEdge(const ViewGeometry& view, const ContourEdge& edge, EdgePoint* p,
                           EdgePoint* q) {
  const bool p_in = InFront(view, *p), q_in = InFront(view, *q);
  if (!p_in && !q_in) return false;
  if (p_in != q_in) {
    const EdgePoint cut = edge.v0 < edge.v1 ? NearPoint(view, *p, *q) : NearPoint(view, *q, *p);
    *(p_in ? q : p) = cut;
  }
  return true;
}

/// How the ends of a near-plane cut slide along their mesh edges (see EndVelocity); 0 for
/// vertices. Upper end first.
struct EndSlides {
  Vec3 top, bottom;
};

/// Where a face crosses the near plane its projection is closed by the cut, which runs from the
/// edge on which the winding leaves the front to the one on which it comes back.
struct NearCut {
  EdgePoint from, to;
  EndSlides slides;  ///< of from and to
  int multiplicity;
};

/// False: the face does not cross the near plane.
CA_HD inline bool MakeNearCut(const ViewGeometry& view, const Vec3* vertices, const MeshFace& face,
                              NearCut* cut) {
  EdgePoint corner[3];
  int num_in = 0;
  for (int k = 0; k < 3; ++k) {
    corner[k] = ToCamera(view, vertices[face.v[k]], face.v[k]);
    num_in += InFront(view, corner[k]) ? 1 : 0;
  }
  if (num_in == 0 || num_in == 3) return false;
  for (int k = 0; k < 3; ++k) {
    const int next = (k + 1) % 3;
    const EdgePoint &a = corner[k], &b = corner[next];
    const bool a_in = InFront(view, a);
    if (a_in == InFront(view, b)) continue;
    const bool in_order = face.v[k] < face.v[next];
    const EdgePoint point = in_order ? NearPoint(view, a, b) : NearPoint(view, b, a);
    const Vec3 d = b.in_cam - a.in_cam;
    (a_in ? cut->from : cut->to) = point;
    (a_in ? cut->slides.top : cut->slides.bottom) = (1.0 / d.z) * d;
  }
  cut->multiplicity = SideOfFace(vertices, face, view.cam_in_object);
  return true;
}

/// False: no face within the ball crosses the near plane.
CA_HD inline bool MayCrossNear(const ViewGeometry& view, const FaceBall& ball) {
  const double* m = view.cam_from_object.m + 6;
  const double above = m[0] * ball.center[0] + m[1] * ball.center[1] + m[2] * ball.center[2] +
                       view.center_in_cam.z - view.near_z;
  return fabs(above) <= ball.radius;
}

/// The velocity of an image edge from its ends, relative to the mesh's centre in the camera's axes.
CA_HD inline EdgeVelocity VelocityOf(const ViewGeometry& view, const Vec3& top, const Vec3& bottom,
                                     double slope, const EndSlides& slides) {
  EdgeVelocity velocity;
  EndVelocity(view, {top, top + view.center_in_cam, 0}, slope, slides.top, velocity.k0);
  EndVelocity(view, {bottom, bottom + view.center_in_cam, 0}, slope, slides.bottom, velocity.k1);
  return velocity;
}

/// How a mesh of this bounding radius lies to the view's near plane.
CA_HD inline bool AnyInFront(const ViewGeometry& view, double radius) {
  return view.center_in_cam.z + radius > view.near_z;
}
CA_HD inline bool CrossesNear(const ViewGeometry& view, double radius) {
  return !(view.center_in_cam.z - radius > view.near_z);
}

}  // namespace ceres_align
