// A mesh prepared for finding its contour edges from any camera without touching most of it.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/base/hd.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/contour_types.h"
#include "ceres_align/render/inner_balls.h"

namespace ceres_align {

/// Edges in clusters of up to kClusterEdges neighbours, each with the planes of its faces. Regular
/// edges, whose faces' windings cancel (two faces that run against each other, or several such
/// pairs), come first; their clusters are in groups of kGroupClusters, and both have PlaneBounds:
/// where the interval excludes 0, all faces show the same side and no edge inside is a contour.
/// The other edges (borders, odd numbers of faces) come last; most of them always are.
///
/// Faces are first wound consistently where that is possible and exact duplicates dropped:
/// neither changes {w != 0}.
struct ContourMesh {
  static constexpr int kClusterEdges = 64;
  static constexpr int kGroupClusters = 32;
  static constexpr int kBallFaces = 64;

  /// Prepares a cleaned mesh (see CleanMesh). CHECKs that it has faces.
  explicit ContourMesh(const TriangleMesh& mesh);

  Vec3 center;         ///< of the bulk of the mesh (BulkSphere), in the object's frame
  double radius;       ///< of a ball around center that holds everything
  double bulk_radius;  ///< of one that holds the bulk: less only where stray faces lie far away

  std::vector<Vec3> vertices;  ///< relative to center, along a Morton curve
  using Face = MeshFace;
  std::vector<Face> faces;           ///< neighbours are near
  std::vector<FaceBall> face_balls;  ///< ball i is around the faces from kBallFaces·i on

  /// Cluster c has edges [edge_begin[c], edge_begin[c+1]) and its own list of the faces they
  /// touch, [face_begin[c], face_begin[c+1]) of cluster_face. Group g has the regular clusters
  /// [kGroupClusters·g, kGroupClusters·(g+1)).
  std::vector<PlaneBounds> cluster_bounds;
  std::vector<PlaneBounds> group_bounds;
  int32_t num_regular_clusters = 0;
  std::vector<int32_t> edge_begin, face_begin;
  std::vector<int32_t> cluster_face;
  std::vector<ClusterEdge> edges;
  /// Float planes of cluster_face: n.x, n.y, n.z and d + n·center of the cluster, four arrays.
  std::vector<float> plane_x, plane_y, plane_z, plane_offset;

  InnerBalls inner;  ///< for the CPU's rasterizer

  int64_t num_faces() const { return static_cast<int64_t>(faces.size()); }
  /// Memory held, in bytes.
  int64_t bytes() const;
};

}  // namespace ceres_align
