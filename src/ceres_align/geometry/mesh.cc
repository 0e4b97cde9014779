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

Sphere BulkSphere(const TriangleMesh& mesh, const Sphere& bounding) {
  constexpr double kFarOverMedian = 20;
  if (mesh.faces.empty()) return bounding;
  // Some of them tell the median well enough.
  constexpr size_t kMostSamples = 4096;
  const size_t stride = (mesh.vertices.size() + kMostSamples - 1) / kMostSamples;
  std::vector<Eigen::Vector3d> samples;
  for (size_t i = 0; i < mesh.vertices.size(); i += stride) samples.push_back(mesh.vertices[i]);
  const auto median_of = [&](const auto& value_of) {
    std::vector<double> values;
    values.reserve(samples.size());
    for (const Eigen::Vector3d& p : samples) values.push_back(value_of(p));
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  Eigen::Vector3d median;
  for (int k = 0; k < 3; ++k) {
    median[k] = median_of([k](const Eigen::Vector3d& p) { return p[k]; });
  }
  const double far =
      kFarOverMedian * median_of([&](const Eigen::Vector3d& p) { return (p - median).norm(); });
  if (!(far > 0) || (bounding.center - median).norm() + bounding.radius <= far) return bounding;
  TriangleMesh bulk;
  for (const auto& face : mesh.faces) {
    const bool is_near = std::all_of(face.begin(), face.end(), [&](int32_t v) {
      return (mesh.vertices[v] - median).norm() <= far;
    });
    if (is_near) bulk.faces.push_back(face);
  }
  if (10 * bulk.faces.size() < 9 * mesh.faces.size()) return bounding;
  if (bulk.faces.size() == mesh.faces.size()) return bounding;
  bulk.vertices = mesh.vertices;
  return BoundingSphere(bulk);
}

}  // namespace ceres_align
