// A mesh prepared for finding its contour edges from any camera without touching most of it.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/base/hd.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/contour_types.h"

namespace ceres_align {

/// Regular edges (two faces of opposite winding) in clusters of up to kClusterEdges neighbours
/// along a Morton curve, clusters in groups of kGroupClusters; each with PlaneBounds: where the
/// interval excludes 0, all faces show the same side and no edge inside is a contour. Irregular
/// edges (borders, more than two faces) are in a list that is always tested.
///
/// Faces are first wound consistently where that is possible and exact duplicates dropped:
/// neither changes {w != 0}.
struct ContourMesh {
  static constexpr int kClusterEdges = 64;
  static constexpr int kGroupClusters = 32;

  /// Prepares a cleaned mesh (see CleanMesh). CHECKs that it has faces.
  explicit ContourMesh(const TriangleMesh& mesh);

  Vec3 center;  ///< bounding sphere in the object's frame
  double radius;

  std::vector<Vec3> vertices;  ///< relative to center, Morton order
  using Face = MeshFace;
  std::vector<Face> faces;

  /// Cluster c has edges [edge_begin[c], edge_begin[c+1]) and its own list of the faces they
  /// touch, [face_begin[c], face_begin[c+1]) of cluster_face.
  std::vector<PlaneBounds> cluster_bounds;
  std::vector<PlaneBounds> group_bounds;
  std::vector<int32_t> edge_begin, face_begin;
  std::vector<int32_t> cluster_face;
  /// Float planes of cluster_face: n.x, n.y, n.z and d + n·center of the cluster, four arrays.
  std::vector<float> plane_x, plane_y, plane_z, plane_offset;
  using Edge = MeshEdge;
  std::vector<Edge> edges;
  using EdgeFaces = MeshEdgeFaces;
  std::vector<EdgeFaces> edge_faces;

  /// Irregular edge i: faces and windings in [irregular_begin[i], irregular_begin[i+1]) of
  /// irregular_face: face index, or ~index where its winding runs against v0 → v1.
  std::vector<Edge> irregular_edges;
  std::vector<int32_t> irregular_begin, irregular_face;

  int64_t num_faces() const { return static_cast<int64_t>(faces.size()); }
  /// Memory held, in bytes.
  int64_t bytes() const;
};

}  // namespace ceres_align
