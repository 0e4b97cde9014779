// Balls inside the solid: what they hide may not change a result, and they must hide much.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/inner_mask.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;
using testing::RandomPose;
using testing::TestCamera;

TriangleMesh Scan(const char* shape, int64_t faces, int holes) {
  ScanOptions options;
  options.target_faces = faces;
  options.holes = holes;
  TriangleMesh mesh = MakeScanOfShape(shape, options);
  CleanMesh(&mesh);
  return mesh;
}

// The same mesh with and without balls.
struct Pair {
  CpuRasterizer rasterizer{1};
  std::shared_ptr<ContourMesh> with, without;
  RasterJob job_with, job_without;

  explicit Pair(const TriangleMesh& mesh)
      : with(std::make_shared<ContourMesh>(mesh)), without(std::make_shared<ContourMesh>(*with)) {
    without->inner = {};
    job_with.mesh = rasterizer.AddMesh(with);
    job_without.mesh = rasterizer.AddMesh(without);
  }
  // The largest differences of a pixel and of a derivative, of the largest.
  std::pair<double, double> Compare(const Camera& camera, const Rigid3d& pose, int window) {
    for (RasterJob* job : {&job_with, &job_without}) {
      job->camera = camera;
      job->cam_from_object = pose;
      job->window = window;
    }
    std::vector<double> j, expected_j;
    const Image<double> image = rasterizer.Coverage(job_with, &j);
    const Image<double> expected = rasterizer.Coverage(job_without, &expected_j);
    double worst = 0, worst_j = 0, largest = 1e-300;
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      const double d = std::abs(image.pixels[i] - expected.pixels[i]);
      if (!(d <= worst)) worst = d;
    }
    for (size_t i = 0; i < j.size(); ++i) {
      largest = std::max(largest, std::abs(expected_j[i]));
      const double d = std::abs(j[i] - expected_j[i]);
      if (!(d <= worst_j)) worst_j = d;
    }
    return {worst, worst_j / largest};
  }
};

TEST(InnerBalls, DoNotChangeWhatIsDrawn) {
  const Camera camera = TestCamera(320, 240);
  for (const char* shape : {"rooster", "blob", "thin"}) {
    for (int holes : {0, 6}) {
      const TriangleMesh mesh = Scan(shape, 60'000, holes);
      Pair pair(mesh);
      EXPECT_GT(pair.with->inner.balls.size(), 30u) << shape << holes;
      EXPECT_EQ(pair.with->inner.openings.empty(), holes == 0) << shape;
      double worst = 0, worst_j = 0;
      for (int trial = 0; trial < 8; ++trial) {
        Random random(shape, 10 * trial + holes);
        Rigid3d pose = RandomPose(mesh, camera, trial == 3 ? 300 : 100, &random);
        if (trial == 4) pose.translation.x() += 1.1 * pair.with->radius;
        if (trial == 5) pose.translation.y() -= 1.1 * pair.with->radius;
        if (trial == 6) pose.translation.z() = 1.05 * pair.with->radius;
        const auto [d, dj] = pair.Compare(camera, pose, trial == 7 ? 3 : 1);
        worst = std::max(worst, d);
        worst_j = std::max(worst_j, dj);
      }
      std::printf("  %-8s %d holes: %4zu balls, worst pixel %.1e, worst derivative %.1e\n", shape,
                  holes, pair.with->inner.balls.size(), worst, worst_j);
      EXPECT_LE(worst, 1e-9) << shape << holes;
      EXPECT_LE(worst_j, 1e-7) << shape << holes;
    }
  }
}

// Below the surface of a part that is wound against the rest is outside, where a ball may have no
// end: so far away that distances are rounded by more than the mesh, and all balls are inside or
// none. A robot of several parts; at a size of 1.01 the first rasterizer with balls drew nothing of
// it.
TEST(InnerBalls, PartsWoundTheOtherWayRoundAreHarmless) {
  const std::string path = std::string(CERES_ALIGN_SHARED_DATA) + "/real/roboreg_med7/mesh_1.ply";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  const TriangleMesh robot = LoadMesh(path).mesh;
  const Camera camera = TestCamera(480, 270);
  for (const double size : {1.0, 0.996, 1.01, 1.02, 1.5, 0.3}) {
    TriangleMesh mesh = robot;
    for (Eigen::Vector3d& v : mesh.vertices) v *= size;
    Pair pair(mesh);
    EXPECT_GT(pair.with->inner.balls.size(), 30u);
    for (const InnerBall& ball : pair.with->inner.balls) {
      ASSERT_LE(Norm(ball.center) + ball.radius, 1.001 * pair.with->radius) << size;
    }
    Random random("robot", 0);
    const auto [d, dj] = pair.Compare(camera, RandomPose(mesh, camera, 110, &random), 1);
    EXPECT_LE(d, 1e-9) << size;
    EXPECT_LE(dj, 1e-7) << size;
  }
}

// Balls are drawn as a camera without a lens sees them: with one they must stay out of the way.
TEST(InnerBalls, DoNotChangeWhatIsDrawnThroughALens) {
  Camera camera = TestCamera(320, 240);
  camera.lens.k1 = -0.28;
  camera.lens.k2 = 0.09;
  const TriangleMesh mesh = Scan("rooster", 60'000, 0);
  Pair pair(mesh);
  for (int trial = 0; trial < 3; ++trial) {
    Random random("lens", trial);
    Rigid3d pose = RandomPose(mesh, camera, 70, &random);
    pose.translation.x() += 0.8 * pair.with->radius;
    const auto [d, dj] = pair.Compare(camera, pose, 1);
    EXPECT_LE(d, 1e-9) << trial;
    EXPECT_LE(dj, 1e-7) << trial;
  }
}

TEST(InnerBalls, ScansLookAsTheSamplerSeesThem) {
  const Camera camera = TestCamera(200, 160);
  for (int holes : {0, 5}) {
    const TriangleMesh mesh = Scan("rooster", 40'000, holes);
    Random random("sampled", holes);
    const Rigid3d pose = RandomPose(mesh, camera, 75, &random);
    SamplerOptions options;
    options.samples_per_axis = 32;
    options.near_z = 1e-4 * BoundingSphere(mesh).radius;
    const ImageF sampled = RenderMask(mesh, pose, camera, options);
    const Image<double> ours = testing::MeshRenderer(mesh).Coverage(camera, pose);
    double worst = 0;
    for (size_t i = 0; i < ours.pixels.size(); ++i) {
      worst = std::max(worst, std::abs(ours.pixels[i] - static_cast<double>(sampled.pixels[i])));
    }
    EXPECT_LE(worst, 0.04) << holes << " holes";
  }
}

// A point of a ball sees the surface in every direction, but for openings: no ray may get away.
TEST(InnerBalls, LieInside) {
  const TriangleMesh mesh = Scan("blob", 40'000, 0);
  const ContourMesh prepared(mesh);
  ASSERT_GT(prepared.inner.balls.size(), 30u);
  // Volume by the divergence theorem about each centre would be the same; the signed solid angle
  // is not: 4π inside.
  for (size_t i = 0; i < prepared.inner.balls.size(); i += 25) {
    const InnerBall& ball = prepared.inner.balls[i];
    double angle = 0, nearest = 1e300;
    for (const MeshFace& f : prepared.faces) {
      Eigen::Vector3d p[3];
      for (int k = 0; k < 3; ++k) {
        const Vec3 v = prepared.vertices[f.v[k]] - ball.center;
        p[k] = {v.x, v.y, v.z};
        nearest = std::min(nearest, p[k].norm());
      }
      const double a = p[0].norm(), b = p[1].norm(), c = p[2].norm();
      angle +=
          2 * std::atan2(p[0].dot(p[1].cross(p[2])),
                         a * b * c + p[0].dot(p[1]) * c + p[1].dot(p[2]) * a + p[2].dot(p[0]) * b);
    }
    EXPECT_NEAR(std::abs(angle), 4 * M_PI, 1e-6) << i;
    EXPECT_LE(ball.radius, nearest) << i;
  }
}

TEST(InnerBalls, NoneForSmoothMeshesAndSoups) {
  TriangleMesh blob = MakeBumpyBlob(20'000, 3), soup = MakeTriangleSoup(20'000, 4, 0.3);
  CleanMesh(&blob);
  CleanMesh(&soup);
  EXPECT_TRUE(ContourMesh(blob).inner.balls.empty());
  EXPECT_TRUE(ContourMesh(soup).inner.balls.empty());
  TriangleMesh torn = RemoveRandomFaces(Scan("blob", 40'000, 0), 0.2, 5);
  CleanMesh(&torn);
  EXPECT_TRUE(ContourMesh(torn).inner.balls.empty());
}

// A smooth mesh of so many faces has thousands of contour edges, but next to no folds: drawing
// balls would cost more than it saves.
TEST(InnerBalls, NoneForASmoothMeshWithManyContourEdges) {
  const TriangleMesh sphere = MakeIcosphere(1, 7);  // 327,680 faces
  TriangleMesh mesh;
  for (int i = 0; i < 6; ++i) {
    const auto first = static_cast<int32_t>(mesh.vertices.size());
    for (const Eigen::Vector3d& v : sphere.vertices) {
      mesh.vertices.push_back(v + Eigen::Vector3d(3.0 * i, 0, 0));
    }
    for (const auto& face : sphere.faces) {
      mesh.faces.push_back({face[0] + first, face[1] + first, face[2] + first});
    }
  }
  const ContourMesh prepared(mesh);
  std::vector<ContourEdge> edges;
  ExtractContour(prepared, {50, 60, 70}, &edges);
  EXPECT_GT(edges.size(), 4000u);
  EXPECT_TRUE(prepared.inner.balls.empty());
}

TEST(InnerMask, RangesOfPartsAreThoseBitByBit) {
  Random random("parts", 1);
  int num_covered = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    uint64_t row[4] = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
    for (int hole = 0; hole < trial % 3; ++hole) {
      const int at = static_cast<int>(random.Uniform(0, 255.999));
      row[at / 64] &= ~(uint64_t{1} << (at % 64));
    }
    const int a = static_cast<int>(random.Uniform(0, 255.999));
    const int b = static_cast<int>(random.Uniform(0, 255.999));
    bool expected = true;
    for (int i = std::min(a, b); i <= std::max(a, b); ++i) {
      expected = expected && (row[i / 64] >> (i % 64) & 1) != 0;
    }
    ASSERT_EQ(ArePartsCovered(row, std::min(a, b), std::max(a, b)), expected) << a << " " << b;
    num_covered += expected ? 1 : 0;
  }
  EXPECT_GT(num_covered, 5000);
  EXPECT_LT(num_covered, 18'000);
}

// What one view leaves in the working memory may not be seen by the next.
TEST(InnerMask, IsTheSameInUsedMemory) {
  const TriangleMesh mesh = Scan("blob", 60'000, 6);
  const ContourMesh prepared(mesh);
  ASSERT_FALSE(prepared.inner.balls.empty());
  InnerMask used;
  for (int trial = 0; trial < 12; ++trial) {
    Random random("used", trial);
    const Camera camera = trial % 4 == 3 ? TestCamera(320, 240) : TestCamera(300, 250);
    const int window = trial % 5 == 4 ? 3 : 1;
    Rigid3d pose = RandomPose(mesh, camera, 90, &random);
    pose.translation.x() += random.Uniform(-1, 1) * prepared.radius;
    const ViewGeometry view = MakeViewGeometry(prepared, camera, pose, window);
    InnerMask fresh;
    fresh.Draw(prepared.inner, view);
    used.Draw(prepared.inner, view);
    ASSERT_EQ(used.is_empty(), fresh.is_empty());
    if (fresh.is_empty()) continue;
    const int words = (view.width_px * InnerMask::kParts + 63) / 64;
    for (int row = window / 2; row < view.height_px; row += window) {
      for (int i = 0; i < words; ++i) {
        ASSERT_EQ(used.Row(row)[i], fresh.Row(row)[i]) << trial << " row " << row << " word " << i;
      }
    }
  }
}

}  // namespace
}  // namespace ceres_align
