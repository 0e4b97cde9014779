#include "ceres_align/geometry/camera.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

// Of the frame's radius: how far outside the frame the disc's edge is mapped at least.
constexpr double kClearance = 0.02;
// The disc is looked through in steps of 1/64 of the frame's radius, to 64 times that.
constexpr double kSteps = 64;
constexpr double kMostRadii = 64;
// What a bound may grow between two steps.
constexpr double kSafety = 1.05;

struct Scan {
  LensMap map;
  double frame_radius;  // of the farthest corner, on the plane Z = 1, distorted
  double seen_radius;   // what of it the lens reaches
  bool reaches_frame;
};

// The largest distance of a frame's corner from the principal point, on the plane Z = 1.
double FrameRadius(const Camera& camera) {
  const double x = std::max(std::abs(camera.cx_px), std::abs(camera.width_px - camera.cx_px));
  const double y = std::max(std::abs(camera.cy_px), std::abs(camera.height_px - camera.cy_px));
  return std::hypot(x / camera.fx_px, y / camera.fy_px);
}

// From the centre outwards until the frame is inside, or the lens folds: its derivative, which is
// symmetric, has the eigenvalues s and s + 2 r² ds/dr² but for the tangential part, whose norm is
// at most 6 |p| r; positive eigenvalues on a disc make the map one to one there.
Scan ScanLens(const Camera& camera) {
  Scan scan{};
  LensMap& map = scan.map;
  map.lens = camera.lens;
  map.beyond = map.stretch = 1;
  scan.frame_radius = FrameRadius(camera);
  const double p = std::hypot(camera.lens.p1, camera.lens.p2);
  const double step = scan.frame_radius / kSteps;
  for (double r = step; r <= kMostRadii * scan.frame_radius; r += step) {
    const RadialFactor f = RadialFactorOf(camera.lens, r * r);
    const double along = f.s + 2 * r * r * f.d1, tangential = 6 * p * r;
    const double least = std::min(f.s, along) - tangential;
    const double below =
        camera.lens.is_fisheye
            ? 1
            : 1 + r * r * (camera.lens.k4 + r * r * (camera.lens.k5 + r * r * camera.lens.k6));
    if (!(below > 0 && least > 0)) break;
    // Of D = s x along a line of direction d at distance w, ' by r² in s' and s'':
    //   D'' = 4 s' (x·d) d + (2 s' + 4 (x·d)² s'') x,
    //   |D' × D''| = w |s (2 s' + 4 (x·d)² s'') − 8 (x·d)² s'²|.
    const double bend =
        (f.s * (2 * std::abs(f.d1) + 4 * r * r * std::abs(f.d2)) + 8 * r * r * f.d1 * f.d1) / least;
    map.bend = std::max(map.bend, kSafety * bend);
    map.bend_most =
        std::max(map.bend_most, kSafety * r * (6 * std::abs(f.d1) + 4 * r * r * std::abs(f.d2)));
    map.stretch = std::max(map.stretch, kSafety * (std::max(f.s, along) + tangential));
    map.radius = r;
    map.beyond = f.s;
    scan.seen_radius = f.s * r - 3 * p * r * r;
    map.clearance = scan.seen_radius - scan.frame_radius;
    scan.reaches_frame = map.clearance > kClearance * scan.frame_radius;
    if (scan.reaches_frame) break;
  }
  map.bend_tangential = 6 * p;
  map.clearance = std::max(map.clearance, 0.0);
  return scan;
}

// Where the map is y, from x on; false where Newton's method ends before it is there.
bool Invert(const LensMap& map, const Eigen::Vector2d& y, Eigen::Vector2d* x, LensPoint* at) {
  constexpr int kMostSteps = 100;
  constexpr double kResidual = 1e-12;
  *at = Distorted(map, x->x(), x->y());
  Eigen::Vector2d rest(at->x - y.x(), at->y - y.y());
  for (int i = 0; i < kMostSteps; ++i) {
    if (rest.norm() <= kResidual * std::max(1.0, y.norm())) return true;
    const double det = at->xx * at->yy - at->xy * at->yx;
    const Eigen::Vector2d step((at->yy * rest.x() - at->xy * rest.y()) / det,
                               (at->xx * rest.y() - at->yx * rest.x()) / det);
    double part = 1;
    for (; part > 1e-6; part /= 2) {
      const Eigen::Vector2d next = *x - part * step;
      const LensPoint there = Distorted(map, next.x(), next.y());
      const Eigen::Vector2d rest_there(there.x - y.x(), there.y - y.y());
      if (!(rest_there.norm() < rest.norm())) continue;
      *x = next;
      *at = there;
      rest = rest_there;
      break;
    }
    if (!(part > 1e-6)) return rest.norm() <= 1e3 * kResidual * std::max(1.0, y.norm());
  }
  return false;
}

}  // namespace

Eigen::Vector2d Camera::Project(const Eigen::Vector3d& point_in_cam) const {
  return Projection(*this).Px(point_in_cam);
}
Eigen::Vector3d Camera::Ray(double x_px, double y_px) const {
  return Projection(*this).Ray(x_px, y_px);
}

double Camera::MostPxPerUnit() const {
  return std::max(fx_px, fy_px) * (lens.IsNone() ? 1.0 : MakeLensMap(*this).stretch);
}

bool operator==(const LensDistortion& a, const LensDistortion& b) {
  return a.k1 == b.k1 && a.k2 == b.k2 && a.p1 == b.p1 && a.p2 == b.p2 && a.k3 == b.k3 &&
         a.k4 == b.k4 && a.k5 == b.k5 && a.k6 == b.k6 && a.is_fisheye == b.is_fisheye;
}

bool operator==(const Camera& a, const Camera& b) {
  return a.width_px == b.width_px && a.height_px == b.height_px && a.fx_px == b.fx_px &&
         a.fy_px == b.fy_px && a.cx_px == b.cx_px && a.cy_px == b.cy_px && a.lens == b.lens;
}

std::string WhyNoLens(const Camera& camera) {
  if (camera.lens.IsNone()) return "";
  const Scan scan = ScanLens(camera);
  if (scan.reaches_frame) return "";
  char text[200];
  std::snprintf(text, sizeof(text),
                "the lens distortion folds over inside the image or just outside its corner: it "
                "reaches %.4g px from the principal point, the image's corner is at %.4g px",
                std::max(0.0, scan.seen_radius) * camera.fx_px, scan.frame_radius * camera.fx_px);
  return text;
}

LensMap MakeLensMap(const Camera& camera) { return ScanLens(camera).map; }

Projection::Projection(const Camera& camera) : camera_(camera), has_lens_(!camera.lens.IsNone()) {
  if (has_lens_) map_ = MakeLensMap(camera);
}

Eigen::Vector2d Projection::Px(const Eigen::Vector3d& point_in_cam) const {
  if (!has_lens_) {
    return {camera_.fx_px * point_in_cam.x() / point_in_cam.z() + camera_.cx_px,
            camera_.fy_px * point_in_cam.y() / point_in_cam.z() + camera_.cy_px};
  }
  const LensPoint at =
      Distorted(map_, point_in_cam.x() / point_in_cam.z(), point_in_cam.y() / point_in_cam.z());
  return {camera_.fx_px * at.x + camera_.cx_px, camera_.fy_px * at.y + camera_.cy_px};
}

Eigen::Matrix<double, 2, 3> Projection::Slope(const Eigen::Vector3d& point_in_cam) const {
  const double z = point_in_cam.z(), x = point_in_cam.x() / z, y = point_in_cam.y() / z;
  LensPoint at{x, y, 1, 0, 0, 1};
  if (has_lens_) at = Distorted(map_, x, y);
  Eigen::Matrix<double, 2, 3> slope;
  slope << at.xx, at.xy, -(at.xx * x + at.xy * y), at.yx, at.yy, -(at.yx * x + at.yy * y);
  slope.row(0) *= camera_.fx_px / z;
  slope.row(1) *= camera_.fy_px / z;
  return slope;
}

Eigen::Vector3d Projection::Ray(double x_px, double y_px, double* shrinkage) const {
  Eigen::Vector2d x((x_px - camera_.cx_px) / camera_.fx_px, (y_px - camera_.cy_px) / camera_.fy_px);
  if (shrinkage != nullptr) *shrinkage = 1;
  if (has_lens_) {
    const Eigen::Vector2d y = x;
    LensPoint at;
    CHECK(Invert(map_, y, &x, &at)) << "no point is seen at " << x_px << ", " << y_px;
    if (shrinkage != nullptr) *shrinkage = 1 / (at.xx * at.yy - at.xy * at.yx);
  }
  return {x.x(), x.y(), 1};
}

}  // namespace ceres_align
