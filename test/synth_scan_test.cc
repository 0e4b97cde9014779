#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ceres_align/base/error.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/synth/grid_cell.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "ceres_align/synth/voxel_hull.h"

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
bool SameMesh(const TriangleMesh& a, const TriangleMesh& b) {
  return a.vertices == b.vertices && a.faces == b.faces;
}
// Every directed edge has its opposite as often.
bool IsClosed(const TriangleMesh& mesh) {
  std::map<std::pair<int32_t, int32_t>, int> balance;
  for (const auto& face : mesh.faces) {
    for (int i = 0; i < 3; ++i) {
      const int32_t a = face[i], b = face[(i + 1) % 3];
      balance[std::minmax(a, b)] += a < b ? 1 : -1;
    }
  }
  return std::all_of(balance.begin(), balance.end(), [](const auto& e) { return e.second == 0; });
}
// Contour edges of all edges, the mean over random views from two and a half radii.
double ContourShare(TriangleMesh mesh) {
  CleanMesh(&mesh);
  const ContourMesh prepared(mesh);
  Random random(3);
  double share = 0;
  constexpr int kViews = 12;
  for (int i = 0; i < kViews; ++i) {
    const Vector3d from = prepared.radius / 0.41 * random.UnitVector();
    std::vector<ContourEdge> edges;
    ExtractContour(prepared, {from.x(), from.y(), from.z()}, &edges);
    share += static_cast<double>(edges.size()) / (1.5 * static_cast<double>(mesh.faces.size()));
  }
  return share / kViews;
}

TEST(GridCell, EveryCaseIsClosedTowardsItsNeighbours) {
  for (int inside = 0; inside < 256; ++inside) {
    std::map<std::pair<int, int>, int> balance;
    std::set<int> used, crossed;
    for (const auto& triangle : CubeTriangles(inside)) {
      for (int i = 0; i < 3; ++i) {
        used.insert(triangle[i]);
        ++balance[{triangle[i], triangle[(i + 1) % 3]}];
        --balance[{triangle[(i + 1) % 3], triangle[i]}];
      }
    }
    for (int edge = 0; edge < 12; ++edge) {
      const int low = LowCorner(edge), high = low | 1 << edge / 4;
      EXPECT_EQ(EdgeBetween(low, high), edge);
      if ((inside >> low & 1) != (inside >> high & 1)) crossed.insert(edge);
    }
    EXPECT_EQ(used, crossed) << inside;
    // What is left open runs along the cell's faces, through each crossed edge once.
    std::map<int, int> from;
    for (const auto& [ends, count] : balance) {
      if (count > 0) from[ends.first] += count;
    }
    EXPECT_EQ(from.size(), crossed.size()) << inside;
    for (const auto& [edge, count] : from) EXPECT_EQ(count, 1) << inside << " edge " << edge;
  }
}

TEST(VoxelHull, IsTheBoundaryOfThePointsInside) {
  // The 4^3 points at ±½ and ±1½.
  const TriangleMesh hull = MakeVoxelHull(MakeCube(4), 1, {0.5, 0.5, 0.5});
  const Connectivity c = Analyze(hull);
  EXPECT_TRUE(c.closed_manifold());
  EXPECT_EQ(c.euler, 2);
  double lowest = 1e9, highest = -1e9;
  for (const Vector3d& v : hull.vertices) {
    lowest = std::min(lowest, v.minCoeff());
    highest = std::max(highest, v.maxCoeff());
    int halves = 0;
    for (double x : v) halves += std::abs(x - std::round(x)) < 1e-12;
    EXPECT_EQ(halves, 1) << v.transpose();  // points at n + 1/2, the vertex midway to the next
  }
  EXPECT_EQ(lowest, -2);
  EXPECT_EQ(highest, 2);
  // The cube between the points, half a cell on its 6 sides, and what marching cubes leaves of
  // the 12·3 cells along its edges and of the 8 at its corners.
  EXPECT_NEAR(SignedVolume(hull), 27 + 27 + 4.5 + 8.0 / 48, 1e-12);
}

TEST(VoxelHull, ConvergesToTheShape) {
  for (const TriangleMesh& shape : {MakeIcosphere(1, 4), MakeTorus(1, 0.35, 60, 30)}) {
    const TriangleMesh hull = MakeVoxelHull(shape, 0.03);
    EXPECT_NEAR(SignedVolume(hull), SignedVolume(shape), 0.02 * SignedVolume(shape));
    EXPECT_TRUE(Analyze(hull).closed_manifold());
    EXPECT_EQ(Analyze(hull).euler, Analyze(shape).euler);
  }
}

TEST(VoxelHull, UnitesPartsThatOverlap) {
  TriangleMesh second = MakeCube(2);
  for (Vector3d& v : second.vertices) v += Vector3d(1, 0.3, 0.2);
  const TriangleMesh hull = MakeVoxelHull(Concatenate(MakeCube(2), second), 0.04, {0.3, 0.6, 0.1});
  EXPECT_EQ(Analyze(hull).components, 1);
  EXPECT_NEAR(SignedVolume(hull), 16 - 1 * 1.7 * 1.8, 0.2);
}

TEST(VoxelHull, RefusesWhatIsNotClosed) {
  EXPECT_THROW(MakeVoxelHull(MakeHemisphere(1, 6, 24), 0.05), InputError);
  EXPECT_THROW(MakeVoxelHull(MakeCube(2), 1e-7), InputError);
  EXPECT_TRUE(MakeVoxelHull({}, 1).faces.empty());
}

TEST(Scan, HasTheWantedFacesAndContourEdgesOfRealScansAtEverySize) {
  for (const char* name : {"scan_rooster", "scan_blob", "scan_thin", "scan_multi_part"}) {
    for (const int64_t faces : {50'000, 200'000}) {
      const TriangleMesh scan = MakeShape(name, faces, 5);
      EXPECT_NEAR(scan.faces.size(), faces, 0.05 * faces) << name;
      EXPECT_TRUE(IsClosed(scan)) << name;
      const double share = ContourShare(scan);
      EXPECT_GT(share, 0.03) << name << faces;
      EXPECT_LT(share, 0.09) << name << faces;
    }
  }
}

TEST(Scan, LiesWithinAVoxelOrTwoOfItsShape) {
  const TriangleMesh blob = MakeBumpyBlob(60'000, 5);
  ScanOptions options;
  options.target_faces = 60'000;
  const TriangleMesh scan = MakeScan(blob, options);
  const Sphere sphere = BoundingSphere(blob);
  const Camera camera{400, 400, 400, 400, 200, 200};
  const Rigid3d pose(Eigen::Quaterniond::Identity(),
                     Vector3d(Vector3d(0, 0, 3 * sphere.radius) - sphere.center));
  const ImageF a = RenderMask(blob, pose, camera), b = RenderMask(scan, pose, camera);
  double different = 0, area = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    different += a.pixels[i] != b.pixels[i];
    area += a.pixels[i];
  }
  EXPECT_GT(different, 0.001 * area);
  EXPECT_LT(different, 0.03 * area);
}

TEST(Scan, HolesAndFragmentsAreThere) {
  ScanOptions options;
  options.target_faces = 40'000;
  options.holes = 4;
  options.fragments = 15;
  const Connectivity patchy = Analyze(MakeScanOfShape("blob", options));
  EXPECT_GT(patchy.border_edges, 100);
  EXPECT_GT(patchy.components, 8);  // some lumps lie inside the shape or meet it
  options.holes = 0;
  EXPECT_EQ(Analyze(MakeScanOfShape("blob", options)).border_edges, 0);
}

TEST(Scan, SeedsDecide) {
  ScanOptions options;
  options.target_faces = 20'000;
  options.holes = 2;
  options.fragments = 5;
  const TriangleMesh first = MakeScanOfShape("multi_part", options);
  EXPECT_TRUE(SameMesh(first, MakeScanOfShape("multi_part", options)));
  options.seed = 2;
  EXPECT_FALSE(SameMesh(first, MakeScanOfShape("multi_part", options)));
}

TEST(Scan, NamesTheBadOption) {
  const auto message = [](auto change) {
    ScanOptions options;
    change(&options);
    try {
      MakeScan(MakeCube(2), options);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message([](ScanOptions* o) { o->target_faces = 10; }).find("target_faces"),
            std::string::npos);
  EXPECT_NE(message([](ScanOptions* o) { o->bump_voxels = NAN; }).find("bump_voxels"),
            std::string::npos);
  EXPECT_THROW(MakeScan({}, {}), InputError);
}

TEST(Thin, IsOfClosedPartsAtTheNearestLevel) {
  for (const int faces : {600, 4000, 40'000}) {
    const TriangleMesh thin = MakeThin(faces);
    const Connectivity c = Analyze(thin);
    EXPECT_TRUE(c.closed_manifold());
    EXPECT_EQ(c.components, 16);
    EXPECT_EQ(c.euler, 32);
    EXPECT_LE(std::abs(std::log2(static_cast<double>(thin.faces.size()) / faces)), 1.01);
  }
}

}  // namespace
}  // namespace ceres_align
