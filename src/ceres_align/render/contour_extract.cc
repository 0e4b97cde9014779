#include "ceres_align/render/contour_extract.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/render/contour_edges.h"

namespace ceres_align {
namespace {

constexpr int kMaxClusterFaces = 2 * ContourMesh::kClusterEdges;

// side[i] = 1 where the plane's value is positive; true if some value is too near 0 for float.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
bool ClassifyPlanes(const float* __restrict nx, const float* __restrict ny,
                    const float* __restrict nz, const float* __restrict offset, int n,
                    const FloatView v, float tolerance, float* __restrict value,
                    int32_t* __restrict side) {
  int32_t unsure = 0;
  for (int i = 0; i < n; ++i) {
    const float d = PlaneValue(nx[i], ny[i], nz[i], offset[i], v);
    value[i] = d;
    side[i] = d > 0 ? 1 : 0;
    unsure |= std::abs(d) < tolerance ? 1 : 0;
  }
  return unsure != 0;
}

void ExtractCluster(const ContourMesh& mesh, size_t cluster, const FloatView& v, const Vec3& camera,
                    std::vector<ContourEdge>* out) {
  float value[kMaxClusterFaces];
  int32_t side[kMaxClusterFaces];
  const int32_t first = mesh.face_begin[cluster];
  const int n = mesh.face_begin[cluster + 1] - first;
  const float tolerance = PlaneTolerance(mesh.cluster_bounds[cluster], v);
  if (ClassifyPlanes(&mesh.plane_x[first], &mesh.plane_y[first], &mesh.plane_z[first],
                     &mesh.plane_offset[first], n, v, tolerance, value, side)) {
    const Vec3* vertices = mesh.vertices.data();
    for (int i = 0; i < n; ++i) {
      if (std::abs(value[i]) < tolerance) {
        side[i] = SideOfFace(vertices, mesh.faces[mesh.cluster_face[first + i]], camera) > 0;
      }
    }
  }
  int num_positive = 0;
  for (int i = 0; i < n; ++i) num_positive += side[i];
  if (num_positive == 0 || num_positive == n) return;
  const int32_t begin = mesh.edge_begin[cluster], end = mesh.edge_begin[cluster + 1];
  for (int32_t e = begin; e < end; ++e) {
    const int difference = side[mesh.edge_faces[e].face0] - side[mesh.edge_faces[e].face1];
    if (difference != 0) out->push_back({mesh.edges[e].v0, mesh.edges[e].v1, 2 * difference});
  }
}

void ExtractIrregular(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* out) {
  for (size_t e = 0; e < mesh.irregular_edges.size(); ++e) {
    const int32_t begin = mesh.irregular_begin[e], end = mesh.irregular_begin[e + 1];
    const int m = MultiplicityOf(&mesh.irregular_face[begin], end - begin, mesh.vertices.data(),
                                 mesh.faces.data(), camera);
    if (m != 0) out->push_back({mesh.irregular_edges[e].v0, mesh.irregular_edges[e].v1, m});
  }
}

}  // namespace

void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges) {
  edges->clear();
  for (size_t g = 0; g < mesh.group_bounds.size(); ++g) {
    if (OneSided(mesh.group_bounds[g], RelativeTo(mesh.group_bounds[g], camera))) continue;
    const size_t first = g * ContourMesh::kGroupClusters;
    const size_t last = std::min(first + ContourMesh::kGroupClusters, mesh.cluster_bounds.size());
    for (size_t c = first; c < last; ++c) {
      const FloatView v = RelativeTo(mesh.cluster_bounds[c], camera);
      if (!OneSided(mesh.cluster_bounds[c], v)) ExtractCluster(mesh, c, v, camera, edges);
    }
  }
  ExtractIrregular(mesh, camera, edges);
}

}  // namespace ceres_align
