// The Jacobian image against central differences of the coverage itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::JacobianError;
using testing::MeshRenderer;
using testing::MovePose;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

// Larger steps meet true kinks: an outline that passes a pixel's border, a face that turns.
constexpr double kStep = 1e-6;

std::vector<TriangleMesh> Meshes() {
  const TriangleMesh blob = MakeBumpyBlob(2000, 21);
  std::vector<TriangleMesh> meshes = {blob,
                                      MakeMultiPart(2500),
                                      MakeTriangleSoup(150, 22, 0.8),
                                      MakeHemisphere(1, 14, 28),
                                      AddFins(blob, 150, 1.0, 23),
                                      RemoveRandomFaces(FlipRandomWinding(blob, 0.5, 24), 0.1, 25),
                                      MakeTorus(1, 0.4, 48, 24)};
  for (TriangleMesh& mesh : meshes) CleanMesh(&mesh);
  return meshes;
}

TEST(RenderJacobian, IsTheDerivativeOfTheCoverage) {
  const Camera camera = TestCamera(240, 200);
  const std::vector<TriangleMesh> meshes = Meshes();
  std::vector<double> errors;
  for (size_t m = 0; m < meshes.size(); ++m) {
    MeshRenderer renderer(meshes[m]);
    for (int trial = 0; trial < 6; ++trial) {
      Random random("jacobian", 100 * m + trial);
      const Rigid3d pose = RandomPose(meshes[m], camera, 100, &random);
      const double error = JacobianError(
          [&](const Rigid3d& p, std::vector<double>* j) { return renderer.Coverage(camera, p, j); },
          pose, renderer.center(), kStep, renderer.contour_mesh().radius);
      EXPECT_TRUE(error <= 1e-4) << "mesh " << m << " trial " << trial << ": " << error;
      errors.push_back(error);
    }
  }
  std::sort(errors.begin(), errors.end());
  const double median = errors[errors.size() / 2];
  std::printf("  %zu poses: median %.2e, worst %.2e\n", errors.size(), median, errors.back());
  EXPECT_LE(median, 1e-8);
}

TEST(RenderJacobian, HoldsAcrossTheNearPlane) {
  const Camera camera = TestCamera(200, 160);
  TriangleMesh mesh = Concatenate(MakeHemisphere(1, 10, 20), MakeSheet(2, 1.4, 6, 5));
  CleanMesh(&mesh);
  MeshRenderer renderer(mesh);
  int seen = 0;
  for (int trial = 0; trial < 12; ++trial) {
    Random random("near", trial);
    Rigid3d pose = RandomPose(mesh, camera, 100, &random);
    pose.translation +=
        Eigen::Vector3d(0.2, 0.1, 0.4) * renderer.contour_mesh().radius - pose * renderer.center();
    std::vector<double> jacobian;
    renderer.Coverage(camera, pose, &jacobian);
    if (std::all_of(jacobian.begin(), jacobian.end(), [](double v) { return v == 0; })) continue;
    ++seen;
    const double error = JacobianError(
        [&](const Rigid3d& p, std::vector<double>* j) { return renderer.Coverage(camera, p, j); },
        pose, renderer.center(), kStep, renderer.contour_mesh().radius);
    EXPECT_TRUE(error <= 1e-4) << "trial " << trial << ": " << error;
  }
  EXPECT_GE(seen, 6);
}

// What is drawn through a lens is a polygon with joints that are fixed on the mesh: its derivative
// is as exact.
TEST(RenderJacobian, IsTheDerivativeThroughLenses) {
  const std::vector<TriangleMesh> meshes = Meshes();
  std::vector<double> errors;
  int lens = 0;
  for (const Camera& camera : testing::LensCameras(240, 200)) {
    for (size_t m = 0; m < meshes.size(); ++m) {
      MeshRenderer renderer(meshes[m]);
      for (int trial = 0; trial < 2; ++trial) {
        Random random("lens jacobian", 100 * m + trial);
        Rigid3d pose = RandomPose(meshes[m], camera, 100, &random);
        // Every second is half out of the frame.
        if (trial == 1) pose.translation.x() += 0.9 * renderer.contour_mesh().radius;
        const double error =
            JacobianError([&](const Rigid3d& p,
                              std::vector<double>* j) { return renderer.Coverage(camera, p, j); },
                          pose, renderer.center(), kStep, renderer.contour_mesh().radius);
        EXPECT_TRUE(error <= 1e-4) << "lens " << lens << " mesh " << m << ": " << error;
        errors.push_back(error);
      }
    }
    ++lens;
  }
  std::sort(errors.begin(), errors.end());
  const double median = errors[errors.size() / 2];
  std::printf("  %zu poses: median %.2e, worst %.2e\n", errors.size(), median, errors.back());
  EXPECT_LE(median, 1e-8);
}

// Ends that slide along the near plane take the joints between them along.
TEST(RenderJacobian, HoldsAcrossTheNearPlaneThroughALens) {
  TriangleMesh mesh = Concatenate(MakeHemisphere(1, 4, 8), MakeSheet(2, 1.4, 2, 2));
  CleanMesh(&mesh);
  int seen = 0;
  for (const Camera& camera : testing::LensCameras(200, 160)) {
    MeshRenderer renderer(mesh);
    for (int trial = 0; trial < 6; ++trial) {
      Random random("near", trial);
      Rigid3d pose = RandomPose(mesh, camera, 100, &random);
      pose.translation += Eigen::Vector3d(0.2, 0.1, 0.4) * renderer.contour_mesh().radius -
                          pose * renderer.center();
      std::vector<double> jacobian;
      renderer.Coverage(camera, pose, &jacobian);
      if (std::all_of(jacobian.begin(), jacobian.end(), [](double v) { return v == 0; })) continue;
      ++seen;
      const double error = JacobianError(
          [&](const Rigid3d& p, std::vector<double>* j) { return renderer.Coverage(camera, p, j); },
          pose, renderer.center(), kStep, renderer.contour_mesh().radius);
      EXPECT_TRUE(error <= 1e-4) << "trial " << trial << ": " << error;
    }
  }
  EXPECT_GE(seen, 15);
}

// The same check must reject a Jacobian that is wrong by a thousandth in one column.
TEST(RenderJacobian, PlantedErrorIsRejected) {
  const Camera camera = TestCamera(240, 200);
  const TriangleMesh mesh = MakeBumpyBlob(2000, 21);
  MeshRenderer renderer(mesh);
  for (int column = 0; column < 6; ++column) {
    Random random("planted", column);
    const Rigid3d pose = RandomPose(mesh, camera, 100, &random);
    const double error = JacobianError(
        [&](const Rigid3d& p, std::vector<double>* j) {
          Image<double> image = renderer.Coverage(camera, p, j);
          for (size_t i = column; j != nullptr && i < j->size(); i += 6) (*j)[i] *= 1.001;
          return image;
        },
        pose, renderer.center(), kStep, renderer.contour_mesh().radius);
    EXPECT_FALSE(error <= 1e-4) << "column " << column << ": " << error;
  }
}

// A square that faces the camera: area (f s / z)², so dA/dz = −2 A / z and dA/dx = 0.
TEST(RenderJacobian, ClosedFormOfASquare) {
  const TriangleMesh square = MakeSheet(1, 1, 1, 1);
  const Camera camera{100, 80, 70, 70, 50.2, 40.3};
  MeshRenderer renderer(square);
  std::vector<double> jacobian;
  const Rigid3d pose(ExpRotation({0, 0, 0.3}), Eigen::Vector3d(0.01, 0.02, 2.0));
  const Image<double> image = renderer.Coverage(camera, pose, &jacobian);
  double area = 0, d[6] = {};
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    area += image.pixels[i];
    for (int k = 0; k < 6; ++k) d[k] += jacobian[6 * i + k];
  }
  const double expected = 35.0 * 35.0;
  EXPECT_NEAR(area, expected, 1e-5);
  EXPECT_NEAR(d[5], -expected, 1e-4);
  EXPECT_NEAR(d[3], 0, 1e-4);
  EXPECT_NEAR(d[4], 0, 1e-4);
  EXPECT_NEAR(d[2], 0, 1e-4);
}

}  // namespace
}  // namespace ceres_align
