// The rasterizer's coverage against two independent truths: polygon clipping and point sampling.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <polyclipping/clipper.hpp>

#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

constexpr double kUnitsPerPx = 1 << 30;

ClipperLib::Path ToPath(const std::vector<Eigen::Vector2d>& polygon_px) {
  ClipperLib::Path path;
  for (const auto& p : polygon_px) {
    path.emplace_back(std::llround(p.x() * kUnitsPerPx), std::llround(p.y() * kUnitsPerPx));
  }
  if (!ClipperLib::Orientation(path)) ClipperLib::ReversePath(path);
  return path;
}

double AreaPx(const ClipperLib::Paths& paths) {
  double area = 0;
  for (const auto& path : paths) area += ClipperLib::Area(path);
  return area / (kUnitsPerPx * kUnitsPerPx);
}

// Area of the union of the projected triangles inside each pixel.
Image<double> ClippedCoverage(const TriangleMesh& mesh, const Rigid3d& pose, const Camera& camera) {
  ClipperLib::Clipper unite;
  for (const auto& face : mesh.faces) {
    std::vector<Eigen::Vector2d> corners;
    corners.reserve(3);
    for (int v : face) corners.push_back(camera.Project(pose * mesh.vertices[v]));
    unite.AddPath(ToPath(corners), ClipperLib::ptSubject, true);
  }
  ClipperLib::Paths covered;
  unite.Execute(ClipperLib::ctUnion, covered, ClipperLib::pftNonZero, ClipperLib::pftNonZero);
  Image<double> image(camera.width_px, camera.height_px, 0.0);
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      ClipperLib::Clipper clip;
      clip.AddPaths(covered, ClipperLib::ptSubject, true);
      clip.AddPath(ToPath({{c, r}, {c + 1, r}, {c + 1, r + 1}, {c, r + 1}}), ClipperLib::ptClip,
                   true);
      ClipperLib::Paths inside;
      clip.Execute(ClipperLib::ctIntersection, inside, ClipperLib::pftNonZero,
                   ClipperLib::pftNonZero);
      image.at(c, r) = AreaPx(inside);
    }
  }
  return image;
}

TEST(RenderCoverage, EqualsPolygonClippingOfOverlappingTriangles) {
  double worst = 0;
  int64_t partial = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Random random("clipping", trial);
    const TriangleMesh mesh = MakeTriangleSoup(2 + trial % 7, 1000 + trial, 1.2);
    const Camera camera = TestCamera(24, 20);
    const Rigid3d pose = RandomPose(mesh, camera, 9, &random);
    const Image<double> exact = ClippedCoverage(mesh, pose, camera);
    const Image<double> ours = MeshRenderer(mesh).Coverage(camera, pose);
    for (size_t i = 0; i < exact.pixels.size(); ++i) {
      worst = std::max(worst, std::abs(ours.pixels[i] - exact.pixels[i]));
      partial += exact.pixels[i] > 0 && exact.pixels[i] < 1 ? 1 : 0;
    }
  }
  std::printf("  %d partly covered pixels: worst %.2e\n", static_cast<int>(partial), worst);
  EXPECT_LE(worst, 1e-6);
  EXPECT_GT(partial, 3000);  // the test has seen outlines
}

struct HardInput {
  const char* name;
  TriangleMesh mesh;
  // The bounding sphere's radius in px and its centre's shift in radii; depth in radii if > 0.
  double radius_px = 60;
  Eigen::Vector2d shift = Eigen::Vector2d::Zero();
  double depth_radii = 0;
};

std::vector<HardInput> HardInputs() {
  const TriangleMesh blob = MakeBumpyBlob(2000, 7);
  const TriangleMesh open_parts = Concatenate(MakeHemisphere(1, 12, 24), MakeSheet(2, 1.4, 6, 5));
  return {
      {"closed", blob},
      {"many parts", MakeMultiPart(3000)},
      {"torus", MakeTorus(1, 0.35, 40, 20)},
      {"open bowl", MakeHemisphere(1, 12, 24)},
      {"open sheet and bowl", open_parts},
      {"flat sheet", MakeSheet(2, 1.5, 5, 4)},
      {"soup", MakeTriangleSoup(300, 5, 0.5)},
      {"mixed winding", FlipRandomWinding(blob, 0.5, 3)},
      {"holes", RemoveRandomFaces(blob, 0.3, 4)},
      {"mixed winding and holes", FlipRandomWinding(RemoveRandomFaces(blob, 0.1, 5), 0.5, 6)},
      {"unwelded", Unweld(blob)},
      {"duplicates", Concatenate(blob, blob)},
      {"fins: three faces at an edge", AddFins(blob, 200, 1.5, 8)},
      {"slivers and T-junctions", AddSliversAndTJunctions(blob, 300, 9)},
      {"cube", MakeCube(1.3)},
      {"half out, right and below", blob, 90, {0.9, 0.8}},
      {"half out, left and above", blob, 90, {-0.9, -0.8}},
      {"wholly out, left", blob, 40, {-6, 0}},
      {"overfills the frame", MakeMultiPart(3000), 260},
      {"through the near plane", MakeMultiPart(3000), 0, {0.3, 0.1}, 0.45},
      {"soup through the near plane", MakeTriangleSoup(300, 11, 0.6), 0, {0, 0}, 0.3},
      {"open, through the near plane", open_parts, 0, {0.2, 0}, 0.4},
      {"camera inside", blob, 0, {0.1, 0.05}, 0.1},
      {"camera inside a torn mesh", RemoveRandomFaces(blob, 0.2, 12), 0, {0, 0}, 0.05},
      {"behind", blob, 0, {0, 0}, -3},
      {"non-manifold and mixed", FlipRandomWinding(AddFins(blob, 100, 0.8, 13), 0.5, 14)},
  };
}

Rigid3d PoseFor(const HardInput& input, const Camera& camera, Random* random) {
  Rigid3d pose = RandomPose(input.mesh, camera, input.radius_px > 0 ? input.radius_px : 60, random);
  const Sphere sphere = BoundingSphere(input.mesh);
  const Eigen::Vector3d center = pose * sphere.center;
  pose.translation.head<2>() += sphere.radius * input.shift;
  if (input.depth_radii != 0) {
    pose.translation.head<2>() -= center.head<2>();
    pose.translation.z() += input.depth_radii * sphere.radius - center.z();
  }
  return pose;
}

struct Disagreement {
  double worst = 0, rms = 0;  // rms over the pixels on the outline
  int boundary_px = 0;
  double covered_px = 0;
};

Disagreement AgainstPointSampling(const HardInput& input, const Camera& camera, int samples,
                                  Random* random) {
  const Rigid3d pose = PoseFor(input, camera, random);
  SamplerOptions options;
  options.samples_per_axis = samples;
  options.near_z = 1e-4 * BoundingSphere(input.mesh).radius;
  const ImageF sampled = RenderMask(input.mesh, pose, camera, options);
  const Image<double> ours = MeshRenderer(input.mesh).Coverage(camera, pose);
  Disagreement result;
  double sum = 0;
  for (size_t i = 0; i < ours.pixels.size(); ++i) {
    const double d = std::abs(ours.pixels[i] - sampled.pixels[i]);
    EXPECT_FALSE(std::isnan(ours.pixels[i]));
    result.worst = std::max(result.worst, d);
    result.covered_px += sampled.pixels[i];
    if (ours.pixels[i] > 0 && ours.pixels[i] < 1) {
      ++result.boundary_px;
      sum += d * d;
    }
  }
  if (result.boundary_px > 0) result.rms = std::sqrt(sum / result.boundary_px);
  std::printf("  %-30s max %.4f rms %.5f boundary %5d covered %8.0f\n", input.name, result.worst,
              result.rms, result.boundary_px, result.covered_px);
  return result;
}

TEST(RenderCoverage, AgreesWithPointSamplingOnHardInputs) {
  const Camera camera = TestCamera(160, 130);
  int index = 0;
  for (HardInput& input : HardInputs()) {
    CleanMesh(&input.mesh);
    Random random("hard", index++);
    const Disagreement found = AgainstPointSampling(input, camera, 32, &random);
    EXPECT_LE(found.worst, 0.03) << input.name;
    EXPECT_LT(found.rms, 0.003) << input.name;
  }
}

// The sampler undistorts samples where the rasterizer bends edges. An edge along a row of samples
// may be half a row off, 1/24.
TEST(RenderCoverage, AgreesWithPointSamplingThroughLenses) {
  int lens = 0, seen = 0;
  for (Camera camera : testing::LensCameras(160, 130)) {
    std::printf(" lens %d\n", lens);
    Camera pinhole = camera;
    pinhole.lens = {};
    int index = 0;
    for (HardInput& input : HardInputs()) {
      // All inputs through the first lens, some through the others.
      const int i = index++;
      if (lens > 0 && i % 5 != lens) continue;
      CleanMesh(&input.mesh);
      Random random("hard", i), again("hard", i);
      const Disagreement found = AgainstPointSampling(input, camera, 12, &random);
      EXPECT_LE(found.worst, 0.083) << input.name;
      EXPECT_LT(found.rms, 0.02) << input.name;
      // A lens that is left out is seen wherever there is an outline.
      if (found.boundary_px < 200 || lens > 0) continue;
      const Rigid3d pose = PoseFor(input, camera, &again);
      const Image<double> bent = MeshRenderer(input.mesh).Coverage(camera, pose);
      const Image<double> straight = MeshRenderer(input.mesh).Coverage(pinhole, pose);
      double difference = 0;
      for (size_t i = 0; i < bent.pixels.size(); ++i) {
        difference += std::abs(bent.pixels[i] - straight.pixels[i]);
      }
      EXPECT_GT(difference, 0.2 * found.boundary_px) << input.name;
      ++seen;
    }
    ++lens;
  }
  EXPECT_GE(seen, 15);
}

}  // namespace
}  // namespace ceres_align
