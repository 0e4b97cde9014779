#include "ceres_align/render/contour_extract.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/for_each_cpu.h"

namespace ceres_align {
namespace {

constexpr int kMaxClusterFaces = ClusterEdge::kMostFaces;

// side[i] = 1 where the plane's value is positive; true if some value is too near 0 for float.
CA_FOR_EACH_CPU
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

// Appends the cluster's edges with m_e != 0. Which those are is hard to predict on a rough mesh:
// they are listed without a branch.
template <bool kIsRegular>
void AppendContourEdges(const ContourMesh& mesh, size_t cluster, const int32_t* __restrict side,
                        std::vector<ContourEdge>* out) {
  const int32_t begin = mesh.edge_begin[cluster], n = mesh.edge_begin[cluster + 1] - begin;
  const ClusterEdge* const edges = &mesh.edges[begin];
  int32_t listed[ContourMesh::kClusterEdges], multiplicity[ContourMesh::kClusterEdges];
  int num_listed = 0;
  for (int32_t e = 0; e < n; ++e) {
    const ClusterEdge edge = edges[e];
    // Regular edges have two faces each time.
    const int m = kIsRegular ? 2 * (side[edge.along()] - side[edge.back()])
                             : edge.Multiplicity(side[edge.along()], side[edge.back()]);
    listed[num_listed] = e;
    multiplicity[num_listed] = m;
    num_listed += m != 0 ? 1 : 0;
  }
  const int32_t* const cluster_face = &mesh.cluster_face[mesh.face_begin[cluster]];
  int32_t appended = -1;
  for (int i = 0; i < num_listed; ++i) {
    int32_t first = listed[i];
    while (edges[first].continues()) --first;
    if (first != appended) {
      const int32_t* const v = mesh.faces[cluster_face[edges[first].along()]].v;
      const int corner = edges[first].corner();
      out->push_back({v[corner], v[corner == 2 ? 0 : corner + 1], multiplicity[i]});
      appended = first;
    } else if ((out->back().multiplicity += multiplicity[i]) == 0) {
      out->pop_back();
      appended = -1;
    }
  }
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
  const bool is_regular = static_cast<int32_t>(cluster) < mesh.num_regular_clusters;
  if (is_regular && (num_positive == 0 || num_positive == n)) return;
  if (is_regular) {
    AppendContourEdges<true>(mesh, cluster, side, out);
  } else {
    AppendContourEdges<false>(mesh, cluster, side, out);
  }
}

}  // namespace

void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges) {
  edges->clear();
  const auto num_regular = static_cast<size_t>(mesh.num_regular_clusters);
  for (size_t g = 0; g < mesh.group_bounds.size(); ++g) {
    if (OneSided(mesh.group_bounds[g], RelativeTo(mesh.group_bounds[g], camera))) continue;
    const size_t first = g * ContourMesh::kGroupClusters;
    const size_t last = std::min(first + ContourMesh::kGroupClusters, num_regular);
    for (size_t c = first; c < last; ++c) {
      const FloatView v = RelativeTo(mesh.cluster_bounds[c], camera);
      if (!OneSided(mesh.cluster_bounds[c], v)) ExtractCluster(mesh, c, v, camera, edges);
    }
  }
  for (size_t c = num_regular; c < mesh.cluster_bounds.size(); ++c) {
    ExtractCluster(mesh, c, RelativeTo(mesh.cluster_bounds[c], camera), camera, edges);
  }
}

}  // namespace ceres_align
