#include "ceres_align/io/triangulate.h"

#include <Eigen/Geometry>

namespace ceres_align::io_internal {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

double Cross(const Vector2d& a, const Vector2d& b, const Vector2d& c) {
  return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x());
}

// The polygon in the plane of its Newell normal, counter-clockwise; empty if it has no area.
std::vector<Vector2d> Project(const std::vector<Vector3d>& vertices, const int32_t* corners, int n,
                              double* extent2) {
  const Vector3d& origin = vertices[corners[0]];
  Vector3d normal = Vector3d::Zero();
  *extent2 = 0;
  for (int i = 1; i < n; ++i) {
    const Vector3d a = vertices[corners[i]] - origin;
    const Vector3d b = vertices[corners[i + 1 < n ? i + 1 : 0]] - origin;
    normal += a.cross(b);
    *extent2 = std::max(*extent2, a.squaredNorm());
  }
  if (!(normal.norm() > 1e-12 * *extent2)) return {};
  const Vector3d u = normal.unitOrthogonal();
  const Vector3d v = normal.normalized().cross(u);
  std::vector<Vector2d> points(n);
  for (int i = 0; i < n; ++i) {
    const Vector3d d = vertices[corners[i]] - origin;
    points[i] = {u.dot(d), v.dot(d)};
  }
  return points;
}

// Clips ears off a ring of points.
class EarClipper {
 public:
  EarClipper(const std::vector<Vector2d>& points, double tolerance, int64_t* budget)
      : points_(points), tolerance_(tolerance), budget_(budget), left_(points.size()) {
    const int n = static_cast<int>(points.size());
    for (int i = 0; i < n; ++i) {
      previous_.push_back((i + n - 1) % n);
      next_.push_back((i + 1) % n);
    }
  }

  Triangulation Run(std::vector<std::array<int, 3>>* triangles) {
    Triangulation result = Triangulation::kExact;
    int i = 0;
    int refused = 0;  // corners looked at since the last ear
    while (left_ > 3) {
      if (*budget_ <= 0) return Triangulation::kTooComplex;
      // A polygon that crosses itself may have no ear: then any corner is cut.
      const bool flat_allowed = refused >= left_, all_allowed = refused >= 2 * left_;
      if (all_allowed) result = Triangulation::kApproximate;
      if (all_allowed || IsEar(i, flat_allowed)) {
        if (Turn(i) < -tolerance_) result = Triangulation::kApproximate;
        triangles->push_back({previous_[i], i, next_[i]});
        next_[previous_[i]] = next_[i];
        previous_[next_[i]] = previous_[i];
        --left_;
        refused = 0;
      } else {
        ++refused;
      }
      i = next_[i];
    }
    if (Turn(i) < -tolerance_) result = Triangulation::kApproximate;
    triangles->push_back({previous_[i], i, next_[i]});
    return result;
  }

 private:
  double Turn(int i) const { return Cross(points_[previous_[i]], points_[i], points_[next_[i]]); }

  // Ears without area are taken only if there is no other: they would leave slits.
  bool IsEar(int i, bool flat_allowed) {
    const double turn = Turn(i);
    if (flat_allowed && std::abs(turn) <= tolerance_) return true;
    if (!(turn > tolerance_)) return false;
    const Vector2d &a = points_[previous_[i]], &b = points_[i], &c = points_[next_[i]];
    for (int k = next_[next_[i]]; k != previous_[i]; k = next_[k]) {
      --*budget_;
      const Vector2d& p = points_[k];
      if (p == a || p == b || p == c) continue;
      if (Cross(a, b, p) >= -tolerance_ && Cross(b, c, p) >= -tolerance_ &&
          Cross(c, a, p) >= -tolerance_) {
        return false;
      }
    }
    return true;
  }

  const std::vector<Vector2d>& points_;
  const double tolerance_;
  int64_t* const budget_;
  int left_;
  std::vector<int> previous_, next_;
};

// Turning left everywhere, and once around only: each edge's direction changes its half plane
// twice.
bool IsConvex(const std::vector<Vector2d>& points, double tolerance) {
  const size_t n = points.size();
  int half_plane_changes = 0;
  for (size_t i = 0; i < n; ++i) {
    const Vector2d &a = points[i], &b = points[(i + 1) % n], &c = points[(i + 2) % n];
    if (!(Cross(a, b, c) > tolerance)) return false;
    half_plane_changes += (b.y() > a.y()) != (c.y() > b.y());
  }
  return half_plane_changes <= 2;
}

void Fan(const int32_t* corners, int n, std::vector<std::array<int32_t, 3>>* faces) {
  for (int i = 1; i + 1 < n; ++i) faces->push_back({corners[0], corners[i], corners[i + 1]});
}

}  // namespace

Triangulation TriangulatePolygon(const std::vector<Vector3d>& vertices, const int32_t* corners,
                                 int n, int64_t* budget,
                                 std::vector<std::array<int32_t, 3>>* faces) {
  if (n == 3) {
    Fan(corners, n, faces);
    return Triangulation::kExact;
  }
  double extent2;
  const std::vector<Vector2d> points = Project(vertices, corners, n, &extent2);
  const double tolerance = 1e-13 * extent2;
  if (points.empty()) {
    Fan(corners, n, faces);
    return Triangulation::kApproximate;
  }
  if (IsConvex(points, tolerance)) {
    Fan(corners, n, faces);
    return Triangulation::kExact;
  }
  std::vector<std::array<int, 3>> triangles;
  const Triangulation result = EarClipper(points, tolerance, budget).Run(&triangles);
  if (result == Triangulation::kTooComplex) return result;
  for (const auto& t : triangles) faces->push_back({corners[t[0]], corners[t[1]], corners[t[2]]});
  return result;
}

}  // namespace ceres_align::io_internal
