#include "ceres_align/base/error.h"
#include "cuda/contour_functions.h"

namespace ceres_align {

void CheckFlatMesh(const FlatMesh& mesh) {
  CHECK_EQ(mesh.corners.size() % 3, 0u);
  CHECK_EQ(mesh.edge_high.size(), mesh.edge_low.size());
  CHECK_EQ(mesh.edge_begin.size(), mesh.edge_low.size() + 1);
  CHECK_EQ(mesh.edge_begin.front(), 0);
  CHECK_EQ(mesh.edge_begin.back(), static_cast<int64_t>(mesh.edge_faces.size()));
  for (const int32_t corner : mesh.corners) {
    CHECK(corner >= 0 && corner < mesh.num_vertices()) << corner;
  }
  for (int64_t e = 0; e < mesh.num_edges(); ++e) {
    CHECK_LE(mesh.edge_begin[e], mesh.edge_begin[e + 1]) << "edge " << e;
  }
  for (const int32_t entry : mesh.edge_faces) {
    CHECK(entry >= 0 && entry / 2 < mesh.num_faces()) << entry;
  }
}

void EvaluateContourOnHost(const FlatMesh& mesh, const std::vector<ViewGeometry>& views,
                           ContourBatch* batch) {
  CheckFlatMesh(mesh);
  const auto num_views = static_cast<int64_t>(views.size());
  const FlatMeshView flat{mesh.vertices.data(),   mesh.corners.data(), mesh.edge_begin.data(),
                          mesh.edge_faces.data(), mesh.num_vertices(), mesh.num_faces(),
                          mesh.num_edges()};
  batch->face_sides.resize(num_views * flat.num_faces);
  batch->multiplicities.resize(num_views * flat.num_edges);
  batch->vertices_in_image.resize(num_views * flat.num_vertices);

  const auto run = [](size_t count, const auto& function) {
    for (size_t i = 0; i < count; ++i) function(static_cast<int64_t>(i));
  };
  run(batch->face_sides.size(), FaceSideFunction{flat, views.data(), batch->face_sides.data()});
  run(batch->multiplicities.size(),
      MultiplicityFunction{flat, batch->face_sides.data(), batch->multiplicities.data()});
  run(batch->vertices_in_image.size(),
      ProjectFunction{flat, views.data(), batch->vertices_in_image.data()});
}

}  // namespace ceres_align
