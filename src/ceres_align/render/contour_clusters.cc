#include "ceres_align/render/contour_clusters.h"

#include <tbb/parallel_for.h>

#include <array>

#include "ceres_align/base/error.h"
#include "ceres_align/render/mesh_topology.h"

namespace ceres_align {
namespace {

// Clusters one after the other. Faces are those of the mesh, edges know them by their places in
// their cluster's list.
struct ClusterList {
  std::vector<int32_t> edge_end, face_end;  // by cluster
  std::vector<int32_t> face;
  std::vector<ClusterEdge> edge;
};

// The pair of faces that becomes a ClusterEdge.
struct FacePair {
  int32_t along, back;
  int corner;
};

class ClusterBuilder {
 public:
  /// All pairs of one edge; they stay in one cluster, if one can hold them.
  void AddEdge(const std::vector<FacePair>& pairs) {
    constexpr size_t kMost = ContourMesh::kClusterEdges;
    if (num_edges_ + std::min(pairs.size(), kMost) > kMost) CloseCluster();
    for (const FacePair& pair : pairs) {
      if (num_edges_ == kMost) CloseCluster();
      const bool continues = &pair != pairs.data() && num_edges_ > 0;
      const int along = PlaceOf(pair.along), back = PlaceOf(pair.back);
      list_.edge.push_back(
          ClusterEdge::Of(along, back, continues ? ClusterEdge::kContinues : pair.corner));
      ++num_edges_;
    }
  }
  ClusterList Finish() {
    if (num_edges_ > 0) CloseCluster();
    return std::move(list_);
  }

 private:
  // The place of a face in the list of the cluster that is being made, where it is put if new.
  int PlaceOf(int32_t face) {
    size_t slot = static_cast<uint32_t>(face) * 0x9E3779B1u >> 24;
    while (table_[slot].cluster == cluster_ && table_[slot].face != face) {
      slot = (slot + 1) % table_.size();
    }
    if (table_[slot].cluster != cluster_) {
      const size_t first = list_.face_end.empty() ? 0 : list_.face_end.back();
      table_[slot] = {cluster_, face, static_cast<int>(list_.face.size() - first)};
      list_.face.push_back(face);
    }
    return table_[slot].place;
  }
  void CloseCluster() {
    list_.edge_end.push_back(static_cast<int32_t>(list_.edge.size()));
    list_.face_end.push_back(static_cast<int32_t>(list_.face.size()));
    num_edges_ = 0;
    ++cluster_;
  }

  struct Slot {
    int64_t cluster = -1;
    int32_t face = 0;
    int place = 0;
  };
  std::array<Slot, 2 * ClusterEdge::kMostFaces> table_;
  int64_t cluster_ = 0;
  size_t num_edges_ = 0;  // of the cluster that is being made
  ClusterList list_;
};

// Pairs the faces at an edge, those along it with those back. True: nobody is left over.
bool PairFaces(const HalfEdge* h, int n, std::vector<FacePair>* pairs) {
  int num_down = 0;
  for (int i = 0; i < n; ++i) num_down += h[i].runs_down() ? 1 : 0;
  const bool along_is_down = num_down > n - num_down;  // who is left over runs along
  pairs->clear();
  for (int i = 0, back = 0; i < n; ++i) {
    if (h[i].runs_down() != along_is_down) continue;
    while (back < n && h[back].runs_down() == along_is_down) ++back;
    pairs->push_back({h[i].face(), h[back < n ? back : i].face(), h[i].corner()});
    back += back < n ? 1 : 0;
  }
  return 2 * num_down == n;
}

struct BlockClusters {
  ClusterList regular, others;
  bool is_mixed = false;  // two faces run the same way along an edge
};

BlockClusters ClustersOfBlock(const EdgeBlocks& edges, size_t block) {
  BlockClusters result;
  ClusterBuilder regular, others;
  std::vector<FacePair> pairs;
  edges.ForEachEdge(block, [&](int32_t, const HalfEdge* h, int n) {
    if (PairFaces(h, n, &pairs)) {
      regular.AddEdge(pairs);
    } else {
      others.AddEdge(pairs);
      result.is_mixed = result.is_mixed || n == 2;
    }
  });
  result.regular = regular.Finish();
  result.others = others.Finish();
  return result;
}

// False: the faces are not wound consistently.
bool ClustersOfBlocks(const ContourMesh& mesh, std::vector<BlockClusters>* blocks) {
  const EdgeBlocks edges(mesh.faces, mesh.vertices.size());
  blocks->clear();
  blocks->resize(edges.num_blocks());
  tbb::parallel_for(size_t{0}, edges.num_blocks(),
                    [&](size_t b) { (*blocks)[b] = ClustersOfBlock(edges, b); });
  return std::none_of(blocks->begin(), blocks->end(),
                      [](const BlockClusters& b) { return b.is_mixed; });
}

// Where a list's clusters, edges and faces go in the mesh.
struct ListPlace {
  ClusterList* list;
  size_t cluster, edge, face;
};

void CopyList(const ListPlace& place, ContourMesh* mesh) {
  const ClusterList& list = *place.list;
  for (size_t c = 0; c < list.edge_end.size(); ++c) {
    mesh->edge_begin[place.cluster + c + 1] = static_cast<int32_t>(place.edge + list.edge_end[c]);
    mesh->face_begin[place.cluster + c + 1] = static_cast<int32_t>(place.face + list.face_end[c]);
  }
  std::copy(list.edge.begin(), list.edge.end(), mesh->edges.begin() + place.edge);
  std::copy(list.face.begin(), list.face.end(), mesh->cluster_face.begin() + place.face);
  *place.list = ClusterList();
}

void Join(std::vector<BlockClusters>* blocks, ContourMesh* mesh) {
  std::vector<ListPlace> places;
  size_t cluster = 0, edge = 0, face = 0;
  const auto add = [&](ClusterList* list) {
    places.push_back({list, cluster, edge, face});
    cluster += list->edge_end.size();
    edge += list->edge.size();
    face += list->face.size();
  };
  for (BlockClusters& block : *blocks) add(&block.regular);
  mesh->num_regular_clusters = static_cast<int32_t>(cluster);
  for (BlockClusters& block : *blocks) add(&block.others);
  CHECK_LE(std::max(edge, face), static_cast<size_t>(INT32_MAX));
  mesh->edge_begin.assign(cluster + 1, 0);
  mesh->face_begin.assign(cluster + 1, 0);
  mesh->edges.resize(edge);
  mesh->cluster_face.resize(face);
  tbb::parallel_for(size_t{0}, places.size(), [&](size_t i) { CopyList(places[i], mesh); });
}

}  // namespace

void MakeClusters(ContourMesh* mesh) {
  std::vector<BlockClusters> blocks;
  if (!ClustersOfBlocks(*mesh, &blocks)) {
    blocks = {};
    WindConsistently(EdgeBlocks(mesh->faces, mesh->vertices.size()), &mesh->faces);
    ClustersOfBlocks(*mesh, &blocks);
  }
  Join(&blocks, mesh);
}

}  // namespace ceres_align
