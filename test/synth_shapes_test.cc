#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

#include "ceres_align/synth/decimate.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/rooster.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

double SignedVolume(const TriangleMesh& mesh) {
  double volume = 0;
  for (const auto& [a, b, c] : mesh.faces) {
    volume += mesh.vertices[a].dot(mesh.vertices[b].cross(mesh.vertices[c])) / 6;
  }
  return volume;
}
Eigen::AlignedBox3d Box(const TriangleMesh& mesh) {
  Eigen::AlignedBox3d box;
  for (const Vector3d& v : mesh.vertices) box.extend(v);
  return box;
}
bool SameMesh(const TriangleMesh& a, const TriangleMesh& b) {
  return a.vertices == b.vertices && a.faces == b.faces;
}
double Iou(const ImageF& a, const ImageF& b) {
  double both = 0, any = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    both += std::min(a.pixels[i], b.pixels[i]);
    any += std::max(a.pixels[i], b.pixels[i]);
  }
  return both / any;
}
// Made once for all tests.
const TriangleMesh& Rooster(int64_t faces) {
  static auto* made = new std::map<int64_t, TriangleMesh>();
  const auto [it, is_new] = made->try_emplace(faces);
  if (is_new) it->second = MakeRooster(faces);
  return it->second;
}
// From a distance, along `direction`, y up.
ImageF See(const TriangleMesh& mesh, const Vector3d& direction, int samples = 4) {
  const Vector3d z = -direction.normalized(), x = z.cross(Vector3d::UnitY()).normalized();
  Eigen::Matrix3d rotation;
  rotation << x.transpose(), z.cross(x).transpose(), z.transpose();
  const Camera camera{300, 300, 700, 700, 150, 150};
  return RenderMask(mesh, Rigid3d(rotation, Vector3d(0, 0, 126)), camera, samples);
}

TEST(Shapes, ClosedOnesAreClosedManifoldsThatWindOutwards) {
  const std::vector<std::pair<TriangleMesh, int>> shapes = {{MakeCube(2), 2},
                                                            {MakeUvSphere(1, 2, 3), 2},
                                                            {MakeUvSphere(1, 12, 24), 2},
                                                            {MakeIcosphere(1, 3), 2},
                                                            {MakePrism(1, 2, 3), 2},
                                                            {MakeCylinder(1, 2), 2},
                                                            {MakeTorus(1, 0.3, 24, 9), 0},
                                                            {MakeLBracket(), 2},
                                                            {MakeBumpyBlob(3000, 4), 2},
                                                            {MakeMultiPart(3000), 6}};
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Connectivity c = Analyze(shapes[i].first);
    EXPECT_TRUE(c.closed_manifold()) << i;
    EXPECT_EQ(c.euler, shapes[i].second) << i;
    EXPECT_GT(SignedVolume(shapes[i].first), 0) << i;
  }
  EXPECT_EQ(Analyze(MakeMultiPart(3000)).components, 4);
}

TEST(Shapes, HaveTheirClosedFormsVolumes) {
  EXPECT_NEAR(SignedVolume(MakeCube(2)), 8, 1e-12);
  EXPECT_NEAR(SignedVolume(MakeIcosphere(1, 5)), 4 * M_PI / 3, 0.01);
  EXPECT_NEAR(SignedVolume(MakePrism(1, 2, 4)), 4, 1e-12);
  EXPECT_NEAR(SignedVolume(MakeTorus(1, 0.3, 200, 100)), 2 * M_PI * M_PI * 0.09, 2e-3);
  EXPECT_NEAR(SignedVolume(MakeLBracket()), 0.7 * (1.8 * 0.6 + 0.6 * 1.7), 1e-12);
}

TEST(Shapes, OpenOnesHaveTheirBorder) {
  EXPECT_EQ(Analyze(MakeHemisphere(1, 6, 24)).border_edges, 24);
  EXPECT_EQ(Analyze(MakeSheet(2, 1, 5, 3)).border_edges, 16);
  EXPECT_EQ(MakeSheet(2, 1, 5, 3).faces.size(), 30u);
  EXPECT_EQ(Analyze(MakeTriangleSoup(50, 1)).components, 50);
}

TEST(Shapes, DamageDoesWhatItSays) {
  const TriangleMesh blob = MakeBumpyBlob(2000, 3);
  EXPECT_GT(Analyze(FlipRandomWinding(blob, 0.5, 1)).misoriented_edges, 500);
  EXPECT_NEAR(RemoveRandomFaces(blob, 0.25, 1).faces.size(), 0.75 * blob.faces.size(), 100);
  EXPECT_GT(Analyze(AddFins(blob, 40, 2, 1)).non_manifold_edges, 30);
  EXPECT_EQ(Analyze(Unweld(blob)).components, static_cast<int64_t>(blob.faces.size()));
  const TriangleMesh slivers = AddSliversAndTJunctions(blob, 100, 1);
  EXPECT_EQ(slivers.faces.size(), blob.faces.size() + 100);
  EXPECT_GE(Analyze(slivers).border_edges, 200);
  EXPECT_NEAR(SignedVolume(slivers), SignedVolume(blob), 1e-12);
}

TEST(Shapes, SubdivisionKeepsTheSurface) {
  const TriangleMesh cube = MakeCube(2), fine = SubdivideMidpoint(cube, 3);
  EXPECT_EQ(fine.faces.size(), 64 * cube.faces.size());
  EXPECT_TRUE(Analyze(fine).closed_manifold());
  EXPECT_NEAR(SignedVolume(fine), 8, 1e-12);
  std::vector<std::array<int32_t, 2>> ends;
  const TriangleMesh split = SplitFaces(cube, &ends);
  ASSERT_EQ(ends.size(), 18u);
  const Vector3d expected = 0.5 * (cube.vertices[ends[7][0]] + cube.vertices[ends[7][1]]);
  EXPECT_EQ(split.vertices[cube.vertices.size() + 7], expected);
}

TEST(Shapes, AnalyzeSeesBadVertices) {
  // Two tetrahedra that share one vertex: every edge is in order, the vertex is not.
  TriangleMesh mesh;
  mesh.vertices = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {-1, 0, 0}, {0, -1, 0}, {0, 0, -1}};
  mesh.faces = {{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3},
                {0, 5, 4}, {0, 4, 6}, {0, 6, 5}, {4, 5, 6}};
  const Connectivity c = Analyze(mesh);
  EXPECT_EQ(c.border_edges + c.non_manifold_edges + c.misoriented_edges, 0);
  EXPECT_EQ(c.non_manifold_vertices, 1);
  EXPECT_FALSE(c.closed_manifold());
}

TEST(Shapes, SeedsDecide) {
  EXPECT_TRUE(SameMesh(MakeBumpyBlob(500, 7), MakeBumpyBlob(500, 7)));
  EXPECT_FALSE(SameMesh(MakeBumpyBlob(500, 7), MakeBumpyBlob(500, 8)));
  EXPECT_TRUE(SameMesh(MakeTriangleSoup(100, 7), MakeTriangleSoup(100, 7)));
  EXPECT_FALSE(SameMesh(MakeTriangleSoup(100, 7), MakeTriangleSoup(100, 8)));
}

TEST(Shapes, EveryNameMakesAMeshOfAboutTheSize) {
  for (const std::string& name : ShapeNames()) {
    const TriangleMesh mesh = MakeShape(name, 4000, 1);
    EXPECT_GT(mesh.faces.size(), 4000 / 2.2) << name;
    EXPECT_LT(mesh.faces.size(), 4000 * 2.2) << name;
  }
  EXPECT_THROW(MakeShape("hen", 4000, 1), InputError);
  EXPECT_THROW(MakeShape("cube", 0, 1), InputError);
}

TEST(Shapes, DecimationKeepsAClosedManifoldAndTheShape) {
  const TriangleMesh sphere = MakeIcosphere(1, 4);
  const TriangleMesh coarse = DecimateManifold(sphere, 400);
  EXPECT_EQ(coarse.faces.size(), 400u);
  EXPECT_TRUE(Analyze(coarse).closed_manifold());
  EXPECT_EQ(Analyze(coarse).euler, 2);
  // It loses less than half of what putting 162 vertices (320 faces) on the sphere loses.
  const double loss = SignedVolume(sphere) - SignedVolume(coarse);
  EXPECT_LT(std::abs(loss), (SignedVolume(sphere) - SignedVolume(MakeIcosphere(1, 2))) / 2);
  EXPECT_EQ(Analyze(DecimateManifold(MakeTorus(1, 0.3, 40, 20), 100)).euler, 0);
}

TEST(Rooster, IsOneClosedManifoldOfTheWantedSize) {
  for (const int64_t faces : {1000, 10000, 28000, 112000}) {
    const TriangleMesh& mesh = Rooster(faces);
    EXPECT_NEAR(mesh.faces.size(), faces, 0.05 * faces);
    const Connectivity c = Analyze(mesh);
    EXPECT_TRUE(c.closed_manifold()) << faces;
    EXPECT_EQ(c.components, 1) << faces;
    EXPECT_EQ(c.euler, 2) << faces;
    EXPECT_GT(SignedVolume(mesh), 0) << faces;
    EXPECT_NEAR(Box(mesh).sizes().y(), 45.7, 0.4) << faces;
    EXPECT_LT(Box(mesh).center().norm(), 4) << faces;
  }
  EXPECT_THROW(MakeRooster(999), InputError);
  EXPECT_THROW(MakeRooster(10'000'001), InputError);
}

TEST(Rooster, IsTheSameShapeAtEverySize) {
  const TriangleMesh& fine = Rooster(112000);
  for (const Vector3d& from : {Vector3d(81, 0, 96), Vector3d(-1, 0.3, 0.2)}) {
    const ImageF reference = See(fine, from);
    EXPECT_GT(Iou(See(Rooster(1000), from), reference), 0.96);
    EXPECT_GT(Iou(See(Rooster(10000), from), reference), 0.99);
    EXPECT_GT(Iou(See(Rooster(28000), from), reference), 0.993);
  }
}

TEST(Rooster, HasNoMirrorSymmetry) {
  // The best reflection of its own outline in the plane of its walk, or in any of 36 upright
  // planes, stays far from it.
  const TriangleMesh& rooster = Rooster(1000);
  const ImageF seen = See(rooster, {81, 0, 96});
  double best = 0;
  for (int i = 0; i < 36; ++i) {
    const double angle = i * M_PI / 36;
    const Vector3d normal(std::cos(angle), 0, std::sin(angle));
    TriangleMesh mirrored = rooster;
    for (Vector3d& v : mirrored.vertices) v -= 2 * normal.dot(v) * normal;
    best = std::max(best, Iou(See(mirrored, {81, 0, 96}), seen));
  }
  EXPECT_LT(best, 0.9);
}

TEST(Rooster, IsTheSameOnEveryCall) { EXPECT_TRUE(SameMesh(MakeRooster(1000), Rooster(1000))); }

}  // namespace
}  // namespace ceres_align
