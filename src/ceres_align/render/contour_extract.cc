#include "ceres_align/render/contour_extract.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/render/cluster_sides.h"
#include "ceres_align/render/contour_edges.h"

namespace ceres_align {
namespace {

// Where float can't tell the side, double does.
void DecideUnsure(const ContourMesh& mesh, size_t cluster, const Vec3& camera,
                  const FaceBits& unsure, FaceBits* positive) {
  const int32_t* const face = &mesh.cluster_face[mesh.face_begin[cluster]];
  for (int half = 0; half < 2; ++half) {
    for (uint64_t left = unsure.word[half]; left != 0; left &= left - 1) {
      const int i = 64 * half + LowestBit(left);
      positive->Set(i, SideOfFace(mesh.vertices.data(), mesh.faces[face[i]], camera) > 0);
    }
  }
}

// Appends edges of one cluster in their order.
class EdgeAppender {
 public:
  EdgeAppender(const ContourMesh& mesh, size_t cluster, std::vector<ContourEdge>* out)
      : mesh_(mesh),
        edges_(&mesh.edges[mesh.edge_begin[cluster]]),
        cluster_face_(&mesh.cluster_face[mesh.face_begin[cluster]]),
        out_(out) {}
  // Pair e of faces adds this to its edge's multiplicity, which is not 0.
  void Add(int e, int multiplicity) {
    int first = e;
    while (edges_[first].continues()) --first;
    if (first != appended_) {
      const int32_t* const v = mesh_.faces[cluster_face_[edges_[first].along()]].v;
      const int corner = edges_[first].corner();
      out_->push_back({v[corner], v[corner == 2 ? 0 : corner + 1], multiplicity});
      appended_ = first;
    } else if ((out_->back().multiplicity += multiplicity) == 0) {
      out_->pop_back();
      appended_ = -1;
    }
  }

 private:
  const ContourMesh& mesh_;
  const ClusterEdge* const edges_;
  const int32_t* const cluster_face_;
  std::vector<ContourEdge>* const out_;
  int appended_ = -1;
};

void ExtractCluster(const ContourMesh& mesh, size_t cluster, const FloatView& v, const Vec3& camera,
                    std::vector<ContourEdge>* out) {
  const int32_t first = mesh.face_begin[cluster];
  const PlaneArrays planes{&mesh.plane_x[first], &mesh.plane_y[first], &mesh.plane_z[first],
                           &mesh.plane_offset[first], mesh.face_begin[cluster + 1] - first};
  FaceBits positive, unsure;
  SidesOfPlanes(planes, v, PlaneTolerance(mesh.cluster_bounds[cluster], v), &positive, &unsure);
  if ((unsure.word[0] | unsure.word[1]) != 0) {
    DecideUnsure(mesh, cluster, camera, unsure, &positive);
  }
  const ClusterEdge* const edges = &mesh.edges[mesh.edge_begin[cluster]];
  const int n = mesh.edge_begin[cluster + 1] - mesh.edge_begin[cluster];
  EdgeAppender appender(mesh, cluster, out);
  if (static_cast<int32_t>(cluster) < mesh.num_regular_clusters) {
    // Two faces each time.
    const EdgeBits bits = ChangedEdges(edges, n, positive);
    for (uint64_t left = bits.changed; left != 0; left &= left - 1) {
      const int e = LowestBit(left);
      appender.Add(e, (bits.along >> e & 1) != 0 ? 2 : -2);
    }
    return;
  }
  for (int e = 0; e < n; ++e) {
    const int m = edges[e].Multiplicity(positive.Get(edges[e].along()) ? 1 : 0,
                                        positive.Get(edges[e].back()) ? 1 : 0);
    if (m != 0) appender.Add(e, m);
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
