#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/mesh_topology.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/synth/shapes.h"
#include "cuda/contour_kernels.h"
#include "cuda/device_buffer.h"
#include "testing.h"

namespace ceres_align {
namespace {

#define SKIP_WITHOUT_DEVICE() \
  if (CudaDeviceCount() == 0) GTEST_SKIP() << "no CUDA device on this machine"

FlatMesh Flatten(const ContourMesh& mesh) {
  FlatMesh flat;
  flat.vertices = mesh.vertices;
  for (const ContourMesh::Face& face : mesh.faces) {
    flat.corners.insert(flat.corners.end(), std::begin(face.v), std::end(face.v));
  }
  EdgeTable table = BuildEdgeTable(mesh.faces, flat.num_vertices());
  flat.edge_low = table.low;
  flat.edge_high = table.high;
  flat.edge_begin = table.begin;
  flat.edge_faces = table.faces;
  return flat;
}

struct Case {
  std::string name;
  TriangleMesh triangles;
};

// A closed mesh, an open one, and one where edges have one face each.
std::vector<Case> Cases() {
  return {{"blob", MakeBumpyBlob(5000, 3)},
          {"hemisphere", MakeHemisphere(1, 12, 31)},
          {"soup", MakeTriangleSoup(777, 5)}};
}

// Around the object, close to it, and inside it.
std::vector<ViewGeometry> Views(const ContourMesh& mesh, const TriangleMesh& triangles, int count) {
  std::vector<ViewGeometry> views;
  const Camera camera = testing::TestCamera(306, 256);
  testing::Random random("cuda_contour", 0);
  for (int i = 0; i < count; ++i) {
    Rigid3d pose = testing::RandomPose(triangles, camera, random.Uniform(20, 120), &random);
    if (i % 5 == 4) pose.translation = 0.3 * mesh.radius * random.UnitVector();
    views.push_back(MakeViewGeometry(mesh, camera, pose));
  }
  return views;
}

using EdgeAndMultiplicity = std::array<int32_t, 3>;

std::vector<EdgeAndMultiplicity> ContourOf(const FlatMesh& flat, const ContourBatch& batch,
                                           int64_t view) {
  std::vector<EdgeAndMultiplicity> contour;
  for (int64_t e = 0; e < flat.num_edges(); ++e) {
    const int32_t m = batch.multiplicities[view * flat.num_edges() + e];
    if (m != 0) contour.push_back({flat.edge_low[e], flat.edge_high[e], m});
  }
  std::sort(contour.begin(), contour.end());
  return contour;
}

TEST(CudaContour, HostSideFindsTheRasterizersContour) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    const ContourMesh mesh(c.triangles);
    const FlatMesh flat = Flatten(mesh);
    const std::vector<ViewGeometry> views = Views(mesh, c.triangles, 10);
    ContourBatch batch;
    EvaluateContourOnHost(flat, views, &batch);
    for (size_t v = 0; v < views.size(); ++v) {
      std::vector<ContourEdge> edges;
      ExtractContour(mesh, views[v].cam_in_object, &edges);
      std::vector<EdgeAndMultiplicity> expected;
      for (const ContourEdge& e : edges) {
        expected.push_back(e.v0 < e.v1 ? EdgeAndMultiplicity{e.v0, e.v1, e.multiplicity}
                                       : EdgeAndMultiplicity{e.v1, e.v0, -e.multiplicity});
      }
      std::sort(expected.begin(), expected.end());
      EXPECT_FALSE(expected.empty() && v % 5 != 4);
      EXPECT_EQ(ContourOf(flat, batch, static_cast<int64_t>(v)), expected) << "view " << v;
    }
  }
}

bool SameBits(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// The index of the first difference, or -1.
int64_t FirstDifference(const std::vector<ImagePoint>& a, const std::vector<ImagePoint>& b) {
  if (a.size() != b.size()) return 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!SameBits(a[i].x_px, b[i].x_px) || !SameBits(a[i].y_px, b[i].y_px)) {
      return static_cast<int64_t>(i);
    }
  }
  return -1;
}

TEST(CudaContour, FirstDifferenceFindsOneBit) {
  const std::vector<ImagePoint> a = {{1, 2}, {NAN, NAN}, {3, 4}};
  std::vector<ImagePoint> b = a;
  EXPECT_EQ(FirstDifference(a, b), -1);
  b[2].y_px = std::nextafter(4.0, 5.0);
  EXPECT_EQ(FirstDifference(a, b), 2);
  b[1].x_px = 0;
  EXPECT_EQ(FirstDifference(a, b), 1);
}

TEST(CudaContour, DeviceGivesTheHostsBits) {
  SKIP_WITHOUT_DEVICE();
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.name);
    const ContourMesh mesh(c.triangles);
    const FlatMesh flat = Flatten(mesh);
    ContourKernels kernels(flat);
    // Growing, shrinking and empty batches through the same buffers.
    for (const int count : {3, 40, 7, 0}) {
      const std::vector<ViewGeometry> views = Views(mesh, c.triangles, count);
      ContourBatch on_host, on_device;
      EvaluateContourOnHost(flat, views, &on_host);
      kernels.Evaluate(views, &on_device);
      EXPECT_EQ(on_device.face_sides, on_host.face_sides) << count;
      EXPECT_EQ(on_device.multiplicities, on_host.multiplicities) << count;
      EXPECT_EQ(FirstDifference(on_device.vertices_in_image, on_host.vertices_in_image), -1)
          << count;
    }
  }
}

TEST(CudaContour, BuffersGrowAndKeepWhatTheyHold) {
  SKIP_WITHOUT_DEVICE();
  DeviceBuffer<int32_t> buffer;
  std::vector<int32_t> numbers(1000), back;
  for (int32_t i = 0; i < 1000; ++i) numbers[i] = 3 * i;
  buffer.Upload(numbers);
  const int32_t* const data = buffer.data();
  buffer.Resize(10);
  EXPECT_EQ(buffer.data(), data);
  buffer.Download(&back);
  EXPECT_EQ(back, std::vector<int32_t>(numbers.begin(), numbers.begin() + 10));
  EXPECT_THROW(buffer.Resize(size_t{1} << 50), CudaError);
  buffer.Upload(numbers);
  buffer.Download(&back);
  EXPECT_EQ(back, numbers);
}

TEST(CudaContour, WithoutADeviceTheErrorSaysSo) {
  if (CudaDeviceCount() > 0) GTEST_SKIP() << "this machine has a CUDA device";
  const TriangleMesh triangles = MakeCube();
  const FlatMesh flat = Flatten(ContourMesh(triangles));
  try {
    const ContourKernels kernels(flat);
    FAIL() << "it has worked without a device";
  } catch (const CudaError& error) {
    EXPECT_NE(error.code(), cudaSuccess);
    EXPECT_NE(std::string(error.what()).find("cudaMalloc"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ceres_align
