// The first steps of the silhouette for a batch of views on the device: the side of every face,
// the multiplicity of every edge, the image of every vertex. The mathematics is
// ceres_align/render/silhouette_math.h, the header that the CPU compiles, and the results are the
// same bits. No rasterizer uses this yet.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// A triangle set as flat arrays. Edge e joins edge_low[e] and edge_high[e]; its faces are the
/// entries [edge_begin[e], edge_begin[e + 1]) of edge_faces, each 2·face + (1 if that face's
/// winding runs high → low): the layout of EdgeTable (render/mesh_topology.h).
struct FlatMesh {
  std::vector<Vec3> vertices;    ///< relative to the mesh's centre, object's axes
  std::vector<int32_t> corners;  ///< three vertices per face
  std::vector<int32_t> edge_low, edge_high;
  std::vector<int64_t> edge_begin;
  std::vector<int32_t> edge_faces;

  int64_t num_vertices() const { return static_cast<int64_t>(vertices.size()); }
  int64_t num_faces() const { return static_cast<int64_t>(corners.size() / 3); }
  int64_t num_edges() const { return static_cast<int64_t>(edge_low.size()); }
};

struct ImagePoint {
  double x_px, y_px;  ///< y with its jitter; both NaN where z <= near_z
};

/// Results of a batch, view by view: element [view · count + i], count being the mesh's number of
/// faces, edges or vertices.
struct ContourBatch {
  std::vector<int8_t> face_sides;       ///< s_f
  std::vector<int32_t> multiplicities;  ///< m_e, with edges taken from low to high
  std::vector<ImagePoint> vertices_in_image;
};

/// Holds a mesh on the current device and the batches' memory, which grows to the largest batch.
/// Thread-compatible. Everything throws CudaError (cuda/device_buffer.h) where CUDA fails, the
/// constructor already where there is no device.
class ContourKernels {
 public:
  /// CHECKs that the arrays fit together and that indices are in range.
  explicit ContourKernels(const FlatMesh& mesh);
  ~ContourKernels();
  ContourKernels(const ContourKernels&) = delete;
  ContourKernels& operator=(const ContourKernels&) = delete;

  /// Waits for the device; `batch` holds the results on return.
  void Evaluate(const std::vector<ViewGeometry>& views, ContourBatch* batch);

 private:
  struct Device;
  std::unique_ptr<Device> device_;
};

/// The same on the host, one view after the other: what the device is compared with.
void EvaluateContourOnHost(const FlatMesh& mesh, const std::vector<ViewGeometry>& views,
                           ContourBatch* batch);

}  // namespace ceres_align
