#include "ceres_align/render/contour_extract.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/render/cluster_sides.h"
#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/for_each_cpu.h"

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

// A contour edge by its face and the face's corner from which it runs.
struct FaceEdge {
  int32_t face, corner, multiplicity;
};

// Takes contour edges cluster by cluster. Faces lie far apart: all of a batch are asked for before
// the first one is read.
class EdgeAppender {
 public:
  EdgeAppender(const ContourMesh& mesh, std::vector<ContourEdge>* out) : mesh_(mesh), out_(out) {}

  void Begin(size_t cluster) {
    if (num_batched_ + ContourMesh::kClusterEdges > kMostBatched) Flush();
    edges_ = &mesh_.edges[mesh_.edge_begin[cluster]];
    cluster_face_ = &mesh_.cluster_face[mesh_.face_begin[cluster]];
    appended_ = -1;
  }
  // Pair e of faces of the cluster adds this to its edge's multiplicity, which is not 0.
  void Add(int e, int multiplicity) {
    int first = e;
    while (edges_[first].continues()) --first;
    if (first != appended_) {
      const int32_t face = cluster_face_[edges_[first].along()];
      CA_PREFETCH(&mesh_.faces[face]);
      batch_[num_batched_++] = {face, edges_[first].corner(), multiplicity};
      appended_ = first;
    } else if ((batch_[num_batched_ - 1].multiplicity += multiplicity) == 0) {
      --num_batched_;
      appended_ = -1;
    }
  }
  void Flush() {
    const size_t begin = out_->size();
    out_->resize(begin + num_batched_);
    ContourEdge* const out = out_->data() + begin;
    for (int i = 0; i < num_batched_; ++i) {
      const int32_t* const v = mesh_.faces[batch_[i].face].v;
      const int corner = batch_[i].corner;
      out[i] = {v[corner], v[corner == 2 ? 0 : corner + 1], batch_[i].multiplicity};
    }
    num_batched_ = 0;
  }

 private:
  static constexpr int kMostBatched = 256;
  const ContourMesh& mesh_;
  std::vector<ContourEdge>* const out_;
  const ClusterEdge* edges_ = nullptr;
  const int32_t* cluster_face_ = nullptr;
  int appended_ = -1;
  int num_batched_ = 0;
  FaceEdge batch_[kMostBatched];
};

void ExtractCluster(const ContourMesh& mesh, size_t cluster, const FloatView& v, const Vec3& camera,
                    EdgeAppender* appender) {
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
  appender->Begin(cluster);
  if (static_cast<int32_t>(cluster) < mesh.num_regular_clusters) {
    // Two faces each time.
    const EdgeBits bits = ChangedEdges(edges, n, positive);
    for (uint64_t left = bits.changed; left != 0; left &= left - 1) {
      const int e = LowestBit(left);
      appender->Add(e, (bits.along >> e & 1) != 0 ? 2 : -2);
    }
    return;
  }
  for (int e = 0; e < n; ++e) {
    const int m = edges[e].Multiplicity(positive.Get(edges[e].along()) ? 1 : 0,
                                        positive.Get(edges[e].back()) ? 1 : 0);
    if (m != 0) appender->Add(e, m);
  }
}

}  // namespace

void ExtractContour(const ContourMesh& mesh, const Vec3& camera, std::vector<ContourEdge>* edges) {
  edges->clear();
  EdgeAppender appender(mesh, edges);
  const auto num_regular = static_cast<size_t>(mesh.num_regular_clusters);
  for (size_t g = 0; g < mesh.group_bounds.size(); ++g) {
    if (OneSided(mesh.group_bounds[g], RelativeTo(mesh.group_bounds[g], camera))) continue;
    const size_t first = g * ContourMesh::kGroupClusters;
    const size_t last = std::min(first + ContourMesh::kGroupClusters, num_regular);
    for (size_t c = first; c < last; ++c) {
      const FloatView v = RelativeTo(mesh.cluster_bounds[c], camera);
      if (!OneSided(mesh.cluster_bounds[c], v)) ExtractCluster(mesh, c, v, camera, &appender);
    }
  }
  for (size_t c = num_regular; c < mesh.cluster_bounds.size(); ++c) {
    ExtractCluster(mesh, c, RelativeTo(mesh.cluster_bounds[c], camera), camera, &appender);
  }
  appender.Flush();
}

}  // namespace ceres_align
