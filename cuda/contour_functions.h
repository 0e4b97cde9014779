// What one index of each kernel computes; compiled for the device by contour_kernels.cu and for
// the host by contour_host.cc. Index arithmetic only: the mathematics is in silhouette_math.h.
#pragma once

#include <cmath>
#include <cstdint>

#include "ceres_align/render/silhouette_math.h"
#include "cuda/contour_kernels.h"

namespace ceres_align {

/// A FlatMesh by borrowed pointers, of the device or of the host.
struct FlatMeshView {
  const Vec3* vertices;
  const int32_t* corners;
  const int64_t* edge_begin;
  const int32_t* edge_faces;
  int64_t num_vertices, num_faces, num_edges;
};

/// CHECKs that the arrays fit together and that indices are in range.
void CheckFlatMesh(const FlatMesh& mesh);

struct FaceSideFunction {
  FlatMeshView mesh;
  const ViewGeometry* views;
  int8_t* face_sides;

  CA_HD void operator()(int64_t i) const {
    const ViewGeometry& view = views[i / mesh.num_faces];
    const int32_t* corner = mesh.corners + 3 * (i % mesh.num_faces);
    face_sides[i] = static_cast<int8_t>(FaceSide(mesh.vertices[corner[0]], mesh.vertices[corner[1]],
                                                 mesh.vertices[corner[2]], view.cam_in_object));
  }
};

/// Reads what FaceSideFunction wrote.
struct MultiplicityFunction {
  FlatMeshView mesh;
  const int8_t* face_sides;
  int32_t* multiplicities;

  CA_HD void operator()(int64_t i) const {
    const int8_t* sides = face_sides + (i / mesh.num_edges) * mesh.num_faces;
    const int64_t edge = i % mesh.num_edges;
    int32_t m = 0;
    for (int64_t k = mesh.edge_begin[edge]; k < mesh.edge_begin[edge + 1]; ++k) {
      const int32_t entry = mesh.edge_faces[k];
      const int32_t side = sides[entry >> 1];
      m += (entry & 1) != 0 ? -side : side;
    }
    multiplicities[i] = m;
  }
};

struct ProjectFunction {
  FlatMeshView mesh;
  const ViewGeometry* views;
  ImagePoint* vertices_in_image;

  CA_HD void operator()(int64_t i) const {
    const ViewGeometry& view = views[i / mesh.num_vertices];
    const int64_t vertex = i % mesh.num_vertices;
    const EdgePoint point = ToCamera(view, mesh.vertices[vertex], static_cast<uint32_t>(vertex));
    ImagePoint image{NAN, NAN};
    if (point.in_cam.z > view.near_z) ProjectPx(view, point, &image.x_px, &image.y_px);
    vertices_in_image[i] = image;
  }
};

}  // namespace ceres_align
