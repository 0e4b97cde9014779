#include "ceres_align/geometry/simplify.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

SimplifiedMesh Cluster(const TriangleMesh& mesh, const Eigen::Vector3d& low, double cell) {
  SimplifiedMesh result;
  result.cell = cell;
  std::unordered_map<uint64_t, int32_t> cells;
  std::vector<int32_t> cluster(mesh.vertices.size());
  std::vector<int32_t> count;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d p = (mesh.vertices[i] - low) / cell;
    const uint64_t key = static_cast<uint64_t>(p.x()) | static_cast<uint64_t>(p.y()) << 21 |
                         static_cast<uint64_t>(p.z()) << 42;
    const auto [place, added] = cells.try_emplace(key, static_cast<int32_t>(count.size()));
    if (added) {
      count.push_back(0);
      result.mesh.vertices.emplace_back(Eigen::Vector3d::Zero());
    }
    cluster[i] = place->second;
    ++count[cluster[i]];
    result.mesh.vertices[cluster[i]] += mesh.vertices[i] - low;
  }
  for (size_t c = 0; c < count.size(); ++c) {
    result.mesh.vertices[c] = low + result.mesh.vertices[c] / count[c];
  }
  for (const auto& face : mesh.faces) {
    const std::array<int32_t, 3> f = {cluster[face[0]], cluster[face[1]], cluster[face[2]]};
    if (f[0] != f[1] && f[1] != f[2] && f[2] != f[0]) result.mesh.faces.push_back(f);
  }
  CleanMesh(&result.mesh);
  return result;
}

}  // namespace

SimplifiedMesh SimplifyByClustering(const TriangleMesh& mesh, int target_faces) {
  CHECK(!mesh.faces.empty());
  CHECK_GT(target_faces, 0);
  constexpr double kInf = std::numeric_limits<double>::infinity();
  Eigen::Vector3d low = Eigen::Vector3d::Constant(kInf), high = -low;
  for (const Eigen::Vector3d& v : mesh.vertices) {
    low = low.cwiseMin(v);
    high = high.cwiseMax(v);
  }
  const double extent = (high - low).maxCoeff();
  // A surface across g cells has about 6 g² faces; two corrections find the mesh's own factor.
  double cells_across = std::max(2.0, std::sqrt(target_faces / 6.0));
  SimplifiedMesh result;
  for (int attempt = 0; attempt < 3; ++attempt) {
    result = Cluster(mesh, low, extent / cells_across * (1 + 1e-9));
    const double ratio =
        static_cast<double>(target_faces) / std::max<size_t>(1, result.mesh.faces.size());
    if (ratio > 0.7 && ratio < 1.4) break;
    cells_across = std::clamp(cells_across * std::sqrt(ratio), 2.0, 1e6);
  }
  return result;
}

}  // namespace ceres_align
