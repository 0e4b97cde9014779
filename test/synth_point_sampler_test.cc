#include <gtest/gtest.h>

#include <cmath>

#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

const Camera kCamera{80, 60, 100, 100, 40, 30};

Rigid3d At(const Vector3d& center_in_cam) {
  return Rigid3d(Eigen::Quaterniond::Identity(), center_in_cam);
}
double Area_px(const ImageF& mask) {
  double area = 0;
  for (float v : mask.pixels) area += v;
  return area;
}
// A sheet at depth 1 that covers [x0, x1] x [y0, y1] px of kCamera.
TriangleMesh Rectangle_px(double x0, double x1, double y0, double y1) {
  TriangleMesh mesh = MakeSheet(1, 1, 1, 1);
  for (Vector3d& v : mesh.vertices) {
    v = {((v.x() + 0.5) * (x1 - x0) + x0 - 40) / 100, ((v.y() + 0.5) * (y1 - y0) + y0 - 30) / 100,
         1};
  }
  return mesh;
}
double Overlap(double low, double high, int pixel) {
  return std::max(0.0, std::min(high, pixel + 1.0) - std::max(low, double(pixel)));
}

TEST(PointSampler, HardMaskTakesPixelsByTheirCentres) {
  // Centres 10.5 … 19.5 lie in [10.4, 20.3]; 4.5 does not lie in [4.6, 8.4], 8.5 neither.
  const ImageF mask = RenderMask(Rectangle_px(10.4, 20.3, 4.6, 8.4), Rigid3d(), kCamera);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 80; ++x) {
      EXPECT_EQ(mask.at(x, y), x >= 10 && x <= 19 && y >= 5 && y <= 7 ? 1 : 0) << x << " " << y;
    }
  }
}

TEST(PointSampler, CoverageOfARectangleIsTheProductOfItsOverlaps) {
  const double x0 = 10.37, x1 = 33.81, y0 = 4.66, y1 = 47.15;
  for (const int n : {3, 8, 40, 70}) {
    const ImageF mask = RenderMask(Rectangle_px(x0, x1, y0, y1), Rigid3d(), kCamera, n);
    double worst = 0;
    for (int y = 0; y < 60; ++y) {
      for (int x = 0; x < 80; ++x) {
        const double expected = Overlap(x0, x1, x) * Overlap(y0, y1, y);
        worst = std::max(worst, std::abs(mask.at(x, y) - expected));
      }
    }
    EXPECT_LE(worst, 1.0 / n) << n;  // half a sample at an edge, on each axis
  }
}

TEST(PointSampler, AHalfPlaneCoversItsArea) {
  // One huge triangle below the line y = 20 + 0.3 x.
  TriangleMesh mesh;
  const auto at = [](double x, double y) { return Vector3d((x - 40) / 100, (y - 30) / 100, 1); };
  mesh.vertices = {at(-1e4, 20 - 3e3), at(1e4, 20 + 3e3), at(0, 1e5)};
  mesh.faces = {{0, 1, 2}};
  EXPECT_NEAR(Area_px(RenderMask(mesh, Rigid3d(), kCamera, 16)), 80 * 40 - 0.5 * 80 * 24, 2);
}

TEST(PointSampler, SphereGivesItsEllipse) {
  // A sphere off the axis projects to an ellipse: the cone's section with the image plane.
  const Vector3d center(0.5, -0.3, 4);
  const double r = 0.8, f = 100;
  const TriangleMesh sphere = MakeIcosphere(r, 6);
  const double k = center.squaredNorm() - r * r;
  const double d = center.z() * center.z() - r * r;
  // Area of the cone's section: π f² r² √k / d^(3/2).
  const double expected = M_PI * f * f * r * r * std::sqrt(k) / std::pow(d, 1.5);
  const double area = Area_px(RenderMask(sphere, At(center), kCamera, 16));
  EXPECT_NEAR(area / expected, 1, 1e-3);
  EXPECT_NEAR(Area_px(RenderMask(sphere, At(center), kCamera)) / expected, 1, 0.02);
}

TEST(PointSampler, WindingDoesNotMatterAndUnionsDoNotAddUp) {
  const TriangleMesh blob = MakeBumpyBlob(2000, 5);
  const Rigid3d pose = At({0.1, 0.05, 5});
  const ImageF mask = RenderMask(blob, pose, kCamera, 4);
  EXPECT_EQ(RenderMask(FlipRandomWinding(blob, 0.5, 1), pose, kCamera, 4).pixels, mask.pixels);
  EXPECT_EQ(RenderMask(Concatenate(blob, blob), pose, kCamera, 4).pixels, mask.pixels);
  EXPECT_EQ(RenderMask(Unweld(blob), pose, kCamera, 4).pixels, mask.pixels);
}

TEST(PointSampler, HalfOpenRuleLeavesNoHolesWhereStrictDoes) {
  // A square in two triangles whose diagonal passes through pixel centres.
  const TriangleMesh square = Rectangle_px(10, 20, 10, 20);
  SamplerOptions options;
  EXPECT_EQ(Area_px(RenderMask(square, Rigid3d(), kCamera, options)), 100);
  options.edge_rule = EdgeRule::kStrict;
  EXPECT_EQ(Area_px(RenderMask(square, Rigid3d(), kCamera, options)), 90);
}

TEST(PointSampler, NeighboursShareNoSampleAndLeaveNone) {
  // A fan around a point on the sample grid tiles its square exactly once: as many samples as
  // the triangles one by one.
  Random random(3);
  for (int trial = 0; trial < 50; ++trial) {
    TriangleMesh fan = Rectangle_px(10, 30, 12, 32);
    fan.vertices.push_back({(20.5 + trial % 5 - 40) / 100, (20.5 + trial % 7 - 30) / 100, 1});
    fan.faces = {{0, 1, 4}, {1, 3, 4}, {3, 2, 4}, {2, 0, 4}};
    double sum = 0;
    for (const auto& face : fan.faces) {
      TriangleMesh one = fan;
      one.faces = {face};
      sum += Area_px(RenderMask(one, Rigid3d(), kCamera));
    }
    EXPECT_EQ(sum, 400);
    EXPECT_EQ(Area_px(RenderMask(fan, Rigid3d(), kCamera)), 400);
  }
}

TEST(PointSampler, InsideAnObjectEverythingIsCovered) {
  EXPECT_EQ(Area_px(RenderMask(MakeCube(2), At({0.1, -0.2, 0.3}), kCamera)), 80 * 60);
  EXPECT_EQ(Area_px(RenderMask(MakeIcosphere(1, 3), At({0.1, -0.2, 0.3}), kCamera, 4)), 80 * 60);
}

TEST(PointSampler, BehindOrOutOfFrameIsEmpty) {
  EXPECT_EQ(Area_px(RenderMask(MakeCube(2), At({0, 0, -5}), kCamera, 4)), 0);
  EXPECT_EQ(Area_px(RenderMask(MakeCube(2), At({50, 0, 5}), kCamera, 4)), 0);
  EXPECT_EQ(Area_px(RenderMask(MakeCube(2), At({0, -50, 5}), kCamera, 4)), 0);
  EXPECT_EQ(Area_px(RenderMask(TriangleMesh(), At({0, 0, 5}), kCamera)), 0);
}

TEST(PointSampler, FloorThroughTheCameraEndsAtTheHorizon) {
  // An endless floor at y = 1 below the camera, from behind it to far in front: covered below
  // the horizon (y = cy), but for the strip beyond its far end.
  TriangleMesh floor;
  floor.vertices = {{-1e6, 1, -1e6}, {1e6, 1, -1e6}, {1e6, 1, 1e6}, {-1e6, 1, 1e6}};
  floor.faces = {{0, 1, 2}, {0, 2, 3}};
  const ImageF mask = RenderMask(floor, Rigid3d(), kCamera, 4);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 80; ++x) EXPECT_EQ(mask.at(x, y), y >= 30 ? 1 : 0) << x << " " << y;
  }
}

TEST(PointSampler, NearPlaneCutsAtItsDepth) {
  // A wall in the plane x = 0.5, from Z = 0 to 10; seen from Z = near on, its left end at
  // u = cx + f·0.5/10 = 45, its right end at cx + f·0.5/near.
  TriangleMesh wall;
  wall.vertices = {{0.5, -20, 0}, {0.5, 20, 0}, {0.5, 20, 10}, {0.5, -20, 10}};
  wall.faces = {{0, 1, 2}, {0, 2, 3}};
  SamplerOptions options;
  options.near_z = 2;  // right end at u = 65
  const ImageF mask = RenderMask(wall, Rigid3d(), kCamera, options);
  for (int x = 0; x < 80; ++x) EXPECT_EQ(mask.at(x, 30), x >= 45 && x < 65 ? 1 : 0) << x;
}

TEST(PointSampler, OutOfFramePartsDoNotChangeTheRest) {
  // The same object in a larger frame, cropped.
  const Camera large{280, 260, 100, 100, 140, 130};
  for (const Vector3d& center : {Vector3d(1.2, 0.4, 3.1), Vector3d(-1.3, -1.1, 3.0)}) {
    const TriangleMesh blob = MakeBumpyBlob(3000, 8);
    const ImageF whole = RenderMask(blob, At(center), large, 4);
    const ImageF part = RenderMask(blob, At(center), kCamera, 4);
    EXPECT_LT(Area_px(part), Area_px(whole));
    for (int y = 0; y < 60; ++y) {
      for (int x = 0; x < 80; ++x) ASSERT_NEAR(part.at(x, y), whole.at(x + 100, y + 100), 0.07);
    }
  }
}

TEST(PointSampler, BandsGiveTheSameAsOnePass) {
  // 64 samples per axis at 2000 x 300 px need several bands of rows; no seam shows.
  const Camera wide{2000, 300, 100, 100, 1000, 150};
  const ImageF mask = RenderMask(MakeSheet(200, 2, 1, 1), At({0, 0, 1}), wide, 64);
  for (int y = 0; y < 300; ++y) ASSERT_EQ(mask.at(1000, y), y >= 50 && y < 250 ? 1 : 0) << y;
}

TEST(PointSamplerDeathTest, RefusesNonsense) {
  EXPECT_DEATH(RenderMask(MakeCube(1), At({0, 0, 5}), kCamera, 0), "");
  EXPECT_DEATH(RenderMask(MakeCube(1), At({0, 0, 5}), Camera(), 1), "");
}

}  // namespace
}  // namespace ceres_align
