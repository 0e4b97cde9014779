// Cameras whose projections leave the range of integers, and pixels that hold thousands of edges.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

Camera WithFocalLength(double f_px) { return {64, 48, f_px, f_px, 31.7, 24.2}; }

// The mesh as the reference sampler sees it, where a double still knows pixels.
void ExpectAsSampled(const TriangleMesh& mesh, const Camera& camera, const Rigid3d& pose) {
  SamplerOptions options;
  options.samples_per_axis = 16;
  options.near_z = 1e-4 * BoundingSphere(mesh).radius;
  const ImageF sampled = RenderMask(mesh, pose, camera, options);
  const Image<double> ours = MeshRenderer(mesh).Coverage(camera, pose);
  for (size_t i = 0; i < ours.pixels.size(); ++i) {
    ASSERT_NEAR(ours.pixels[i], sampled.pixels[i], 0.05) << "f " << camera.fx_px << " pixel " << i;
  }
}

TEST(RenderExtreme, FocalLengthsThatThrowEdgesBeyondIntegers) {
  TriangleMesh mesh = MakeMultiPart(2000);
  CleanMesh(&mesh);
  MeshRenderer renderer(mesh);
  for (double f_px : {1e8, 1e10, 1e12, 1e15, 1e100}) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("focal", trial);
      const Rigid3d pose = RandomPose(mesh, TestCamera(64, 48), 20, &random);
      std::vector<double> jacobian;
      const Image<double> image = renderer.Coverage(WithFocalLength(f_px), pose, &jacobian);
      for (double m : image.pixels) ASSERT_TRUE(m >= 0 && m <= 1 + 1e-9) << f_px << " " << m;
    }
  }
}

TEST(RenderExtreme, CameraInsideWithALongFocalLengthSeesAFullFrame) {
  TriangleMesh blob = MakeBumpyBlob(2000, 7);
  CleanMesh(&blob);
  const Sphere sphere = BoundingSphere(blob);
  for (double f_px : {3e5, 1e8, 1e12}) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("inside", trial);
      Rigid3d pose = RandomPose(blob, TestCamera(64, 48), 20, &random);
      pose.translation += Eigen::Vector3d(0.05, 0.02, 0.1) * sphere.radius - pose * sphere.center;
      ExpectAsSampled(blob, WithFocalLength(f_px), pose);
    }
  }
}

}  // namespace
}  // namespace ceres_align
