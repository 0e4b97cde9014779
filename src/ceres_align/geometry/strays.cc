// BulkSphere and WithoutStrays: a few faces far away from all others.
#include "ceres_align/geometry/strays.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <atomic>

namespace ceres_align {
namespace {

// What is near to most of a mesh, and what is not.
struct Surroundings {
  Eigen::Vector3d median;  // of the vertices, per axis
  double far;

  explicit Surroundings(const TriangleMesh& mesh) {
    constexpr double kFarOverMedian = 20;
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
    for (int k = 0; k < 3; ++k) {
      median[k] = median_of([k](const Eigen::Vector3d& p) { return p[k]; });
    }
    far = kFarOverMedian * median_of([&](const Eigen::Vector3d& p) { return (p - median).norm(); });
  }

  bool HasExtent() const { return far > 0; }
  bool IsNear(const Eigen::Vector3d& p) const { return (p - median).norm() <= far; }
  int CountNear(const TriangleMesh& mesh, const std::array<int32_t, 3>& face) const {
    int count = 0;
    for (const int32_t v : face) count += IsNear(mesh.vertices[v]) ? 1 : 0;
    return count;
  }
};

// So many faces of all are most, but not all.
bool IsBulk(size_t faces, size_t all) { return 10 * faces >= 9 * all && faces != all; }

}  // namespace

Sphere BulkSphere(const TriangleMesh& mesh, const Sphere& bounding) {
  if (mesh.faces.empty()) return bounding;
  const Surroundings around(mesh);
  if (!around.HasExtent() ||
      (bounding.center - around.median).norm() + bounding.radius <= around.far) {
    return bounding;
  }
  TriangleMesh bulk;
  for (const auto& face : mesh.faces) {
    if (around.CountNear(mesh, face) == 3) bulk.faces.push_back(face);
  }
  if (!IsBulk(bulk.faces.size(), mesh.faces.size())) return bounding;
  bulk.vertices = mesh.vertices;
  return BoundingSphere(bulk);
}

std::optional<TriangleMesh> WithoutStrays(const TriangleMesh& mesh) {
  constexpr double kStrayArea = 0.25;
  if (mesh.faces.empty()) return std::nullopt;
  const Surroundings around(mesh);
  if (!around.HasExtent()) return std::nullopt;
  std::atomic<bool> all_near = true;
  tbb::parallel_for(tbb::blocked_range<size_t>(0, mesh.vertices.size(), 4096),
                    [&](const auto& range) {
                      for (size_t i = range.begin(); i < range.end() && all_near; ++i) {
                        if (!around.IsNear(mesh.vertices[i])) all_near = false;
                      }
                    });
  if (all_near) return std::nullopt;
  TriangleMesh bulk;
  double bulk_area = 0, stray_area = 0;
  bool reaches_out = false;
  for (const auto& face : mesh.faces) {
    const int near = around.CountNear(mesh, face);
    const Eigen::Vector3d& a = mesh.vertices[face[0]];
    const double area = (mesh.vertices[face[1]] - a).cross(mesh.vertices[face[2]] - a).norm();
    (near == 3 ? bulk_area : stray_area) += area;
    reaches_out = reaches_out || near == 1 || near == 2;
    if (near == 3) bulk.faces.push_back(face);
  }
  if (!IsBulk(bulk.faces.size(), mesh.faces.size())) return std::nullopt;
  if (reaches_out && stray_area > kStrayArea * bulk_area) return std::nullopt;
  bulk.vertices = mesh.vertices;
  CleanMesh(&bulk);
  return bulk;
}

}  // namespace ceres_align
