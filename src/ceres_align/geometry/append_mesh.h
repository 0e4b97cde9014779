// Meshes put together.
#pragma once

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// The part's vertices and faces behind those that `merged` has; nothing is joined or cleaned.
inline void AppendMesh(const TriangleMesh& part, const Rigid3d& merged_from_part,
                       TriangleMesh* merged) {
  const auto first = static_cast<int32_t>(merged->vertices.size());
  for (const Eigen::Vector3d& vertex : part.vertices) {
    merged->vertices.push_back(merged_from_part * vertex);
  }
  for (const auto& face : part.faces) {
    merged->faces.push_back({face[0] + first, face[1] + first, face[2] + first});
  }
}

}  // namespace ceres_align
