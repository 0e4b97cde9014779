#include "ceres_align/geometry/mesh.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_reduce.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <limits>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

const Box kNothing = {Eigen::Vector3d::Constant(std::numeric_limits<double>::infinity()),
                      Eigen::Vector3d::Constant(-std::numeric_limits<double>::infinity())};

void Grow(const Eigen::Vector3d& p, Box* box) {
  box->low = box->low.cwiseMin(p);
  box->high = box->high.cwiseMax(p);
}
Box Union(const Box& a, const Box& b) { return {a.low.cwiseMin(b.low), a.high.cwiseMax(b.high)}; }

// add(0, &sum) … add(n − 1, &sum) on partial sums, which join() puts together; the order of both
// must not matter.
template <typename T, typename Add, typename Join>
T ReduceInParallel(size_t n, const T& nothing, const Add& add, const Join& join) {
  return tbb::parallel_reduce(
      tbb::blocked_range<size_t>(0, n, 4096), nothing,
      [&](const tbb::blocked_range<size_t>& range, T sum) {
        for (size_t i = range.begin(); i < range.end(); ++i) add(i, &sum);
        return sum;
      },
      join);
}

}  // namespace

Box BoundingBox(const std::vector<Eigen::Vector3d>& points) {
  return ReduceInParallel(
      points.size(), kNothing, [&](size_t i, Box* box) { Grow(points[i], box); }, Union);
}

Sphere BoundingSphere(const TriangleMesh& mesh) {
  if (mesh.faces.empty()) return {};
  const Box box = ReduceInParallel(
      mesh.faces.size(), kNothing,
      [&](size_t i, Box* around) {
        for (int32_t v : mesh.faces[i]) Grow(mesh.vertices[v], around);
      },
      Union);
  Sphere sphere;
  sphere.center = 0.5 * (box.low + box.high);
  const double radius2 = ReduceInParallel(
      mesh.faces.size(), 0.0,
      [&](size_t i, double* most) {
        for (int32_t v : mesh.faces[i]) {
          *most = std::max(*most, (mesh.vertices[v] - sphere.center).squaredNorm());
        }
      },
      [](double a, double b) { return std::max(a, b); });
  sphere.radius = std::sqrt(radius2);
  return sphere;
}

}  // namespace ceres_align
