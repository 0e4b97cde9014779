#include <algorithm>

#include "cuda/contour_functions.h"
#include "cuda/contour_kernels.h"
#include "cuda/device_buffer.h"

namespace ceres_align {
namespace {

constexpr int kThreadsPerBlock = 256;
// Enough to fill any device; the loop in the kernel takes what is more.
constexpr int64_t kMaxBlocks = 8192;

template <typename Function>
__global__ void __launch_bounds__(kThreadsPerBlock)
    ForEachKernel(int64_t count, const Function function) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride) {
    function(i);
  }
}

// An empty grid cannot be launched.
template <typename Function>
void ForEach(int64_t count, const Function& function) {
  if (count == 0) return;
  const int64_t blocks = std::min(kMaxBlocks, (count + kThreadsPerBlock - 1) / kThreadsPerBlock);
  ForEachKernel<<<static_cast<unsigned>(blocks), kThreadsPerBlock>>>(count, function);
  CERES_ALIGN_CUDA_CHECK_LAUNCH("ForEachKernel");
}

}  // namespace

struct ContourKernels::Device {
  DeviceBuffer<Vec3> vertices;
  DeviceBuffer<int32_t> corners, edge_faces;
  DeviceBuffer<int64_t> edge_begin;
  FlatMeshView mesh;

  DeviceBuffer<ViewGeometry> views;
  DeviceBuffer<int8_t> face_sides;
  DeviceBuffer<int32_t> multiplicities;
  DeviceBuffer<ImagePoint> vertices_in_image;
};

ContourKernels::ContourKernels(const FlatMesh& mesh) : device_(std::make_unique<Device>()) {
  CheckFlatMesh(mesh);
  device_->vertices.Upload(mesh.vertices);
  device_->corners.Upload(mesh.corners);
  device_->edge_begin.Upload(mesh.edge_begin);
  device_->edge_faces.Upload(mesh.edge_faces);
  device_->mesh = {device_->vertices.data(),
                   device_->corners.data(),
                   device_->edge_begin.data(),
                   device_->edge_faces.data(),
                   mesh.num_vertices(),
                   mesh.num_faces(),
                   mesh.num_edges()};
}

ContourKernels::~ContourKernels() = default;

void ContourKernels::Evaluate(const std::vector<ViewGeometry>& views, ContourBatch* batch) {
  Device& d = *device_;
  const auto num_views = static_cast<int64_t>(views.size());
  d.views.Upload(views);
  d.face_sides.Resize(num_views * d.mesh.num_faces);
  d.multiplicities.Resize(num_views * d.mesh.num_edges);
  d.vertices_in_image.Resize(num_views * d.mesh.num_vertices);

  ForEach(d.face_sides.size(), FaceSideFunction{d.mesh, d.views.data(), d.face_sides.data()});
  ForEach(d.multiplicities.size(),
          MultiplicityFunction{d.mesh, d.face_sides.data(), d.multiplicities.data()});
  ForEach(d.vertices_in_image.size(),
          ProjectFunction{d.mesh, d.views.data(), d.vertices_in_image.data()});

  d.face_sides.Download(&batch->face_sides);
  d.multiplicities.Download(&batch->multiplicities);
  d.vertices_in_image.Download(&batch->vertices_in_image);
}

}  // namespace ceres_align
