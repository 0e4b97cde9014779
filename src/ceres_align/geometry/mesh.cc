#include "ceres_align/geometry/mesh.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_reduce.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

uint64_t HashPosition(const Eigen::Vector3d& p) {
  uint64_t h = 0x9E3779B97F4A7C15ull;
  for (int i = 0; i < 3; ++i) {
    const double v = p[i] + 0.0;  // −0 becomes +0
    uint64_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    h = (h ^ bits) * 0xBF58476D1CE4E5B9ull;
    h ^= h >> 29;
  }
  return h;
}

// Open addressing: for each vertex the first one at the same position.
std::vector<int32_t> FirstAtSamePosition(const std::vector<Eigen::Vector3d>& vertices) {
  size_t capacity = 16;
  while (capacity < 2 * vertices.size()) capacity *= 2;
  std::vector<int32_t> table(capacity, -1);
  std::vector<int32_t> first(vertices.size());
  for (size_t i = 0; i < vertices.size(); ++i) {
    size_t slot = HashPosition(vertices[i]) & (capacity - 1);
    while (table[slot] >= 0 && vertices[table[slot]] != vertices[i]) {
      slot = (slot + 1) & (capacity - 1);
    }
    if (table[slot] < 0) table[slot] = static_cast<int32_t>(i);
    first[i] = table[slot];
  }
  return first;
}

bool HasArea(const Eigen::Vector3d& a, const Eigen::Vector3d& b, const Eigen::Vector3d& c) {
  const Eigen::Vector3d ab = b - a, ac = c - a, bc = c - b;
  const double longest2 = std::max({ab.squaredNorm(), ac.squaredNorm(), bc.squaredNorm()});
  return !(ab.cross(ac).norm() <= 1e-14 * longest2);
}

void DropUnusedVertices(TriangleMesh* mesh) {
  std::vector<int32_t> renumbered(mesh->vertices.size(), -1);
  for (const auto& face : mesh->faces) {
    for (int32_t v : face) renumbered[v] = 0;
  }
  int32_t count = 0;
  for (size_t i = 0; i < renumbered.size(); ++i) {
    if (renumbered[i] < 0) continue;
    mesh->vertices[count] = mesh->vertices[i];
    renumbered[i] = count++;
  }
  mesh->vertices.resize(count);
  for (auto& face : mesh->faces) {
    for (int32_t& v : face) v = renumbered[v];
  }
}

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

void CheckCoordinates(const TriangleMesh& mesh) {
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
    // Not a number compares as false.
    if (p.cwiseAbs().maxCoeff<Eigen::PropagateNaN>() <= kLargestCoordinate) continue;
    throw InputError(Format("vertex %zu is (%g, %g, %g); coordinates must lie within %g", i, p.x(),
                            p.y(), p.z(), kLargestCoordinate));
  }
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

CleanReport CleanMesh(TriangleMesh* mesh) {
  CHECK(mesh != nullptr);
  CHECK_LT(mesh->vertices.size(), static_cast<size_t>(std::numeric_limits<int32_t>::max()));
  CheckCoordinates(*mesh);
  CleanReport report;
  const std::vector<int32_t> first = FirstAtSamePosition(mesh->vertices);
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i] != static_cast<int32_t>(i)) ++report.welded_vertices;
  }
  size_t kept = 0;
  for (auto face : mesh->faces) {
    for (int32_t& v : face) {
      CHECK(v >= 0 && static_cast<size_t>(v) < first.size()) << "vertex index " << v;
      v = first[v];
    }
    if (face[0] == face[1] || face[1] == face[2] || face[2] == face[0]) {
      ++report.repeated_indices;
    } else if (!HasArea(mesh->vertices[face[0]], mesh->vertices[face[1]],
                        mesh->vertices[face[2]])) {
      ++report.zero_area;
    } else {
      mesh->faces[kept++] = face;
    }
  }
  mesh->faces.resize(kept);
  DropUnusedVertices(mesh);
  return report;
}

}  // namespace ceres_align
