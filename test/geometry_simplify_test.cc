// Levels of detail: their size, how far they lie from the mesh, and that they do not change.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "ceres_align/geometry/simplify.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

const std::vector<int> kTargets = {400, 1500, 8000, 30000};

TriangleMesh Cleaned(TriangleMesh mesh) {
  CleanMesh(&mesh);
  return mesh;
}

double DistanceToNearest(const Eigen::Vector3d& p, const std::vector<Eigen::Vector3d>& points) {
  double nearest = std::numeric_limits<double>::infinity();
  for (const Eigen::Vector3d& q : points) nearest = std::min(nearest, (p - q).norm());
  return nearest;
}

void ExpectSizes(const std::vector<SimplifiedMesh>& levels) {
  ASSERT_EQ(levels.size(), kTargets.size());
  for (size_t i = 0; i < levels.size(); ++i) {
    const double ratio = static_cast<double>(levels[i].mesh.faces.size()) / kTargets[i];
    EXPECT_GT(ratio, 0.6) << kTargets[i];
    EXPECT_LT(ratio, 1.6) << kTargets[i];
    if (i > 0) {
      EXPECT_LT(levels[i].cell, levels[i - 1].cell);
    }
  }
}

TEST(LevelsOfDetail, HaveAboutAsManyFacesAsAskedFor) {
  ExpectSizes(LevelsOfDetail(Cleaned(MakeBumpyBlob(120000, 1)), kTargets));
  ExpectSizes(LevelsOfDetail(Cleaned(MakeMultiPart(120000)), kTargets));
  ExpectSizes(LevelsOfDetail(Cleaned(MakeTorus(1, 0.1, 700, 90)), kTargets));
}

// Far away they leave little of a grid over everything to the object.
TEST(LevelsOfDetail, StrayFacesDoNotTakeTheObjectsFaces) {
  for (const double distance : {30.0, 3000.0}) {
    TriangleMesh mesh = MakeBumpyBlob(120000, 2);
    const auto n = static_cast<int32_t>(mesh.vertices.size());
    for (const Eigen::Vector3d& v :
         {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(1, 0, 0), Eigen::Vector3d(0, 1, 0)}) {
      mesh.vertices.push_back(v + Eigen::Vector3d(distance, 0, 0));
    }
    mesh.faces.push_back({n, n + 1, n + 2});
    ExpectSizes(LevelsOfDetail(Cleaned(mesh), kTargets));
  }
}

TEST(LevelsOfDetail, NoVertexMovesFartherThanACellsDiagonal) {
  const TriangleMesh mesh = Cleaned(MakeBumpyBlob(30000, 3));
  for (const SimplifiedMesh& level : LevelsOfDetail(mesh, {400, 1500, 8000})) {
    const double diagonal = std::sqrt(3.0) * level.cell;
    double sum = 0;
    int count = 0;
    for (size_t i = 0; i < mesh.vertices.size(); i += 17, ++count) {
      const double d = DistanceToNearest(mesh.vertices[i], level.mesh.vertices);
      EXPECT_LE(d, diagonal);
      sum += d;
    }
    EXPECT_LT(sum / count, 0.6 * level.cell);
    for (size_t i = 0; i < level.mesh.vertices.size(); i += 17) {
      EXPECT_LE(DistanceToNearest(level.mesh.vertices[i], mesh.vertices), diagonal);
    }
  }
}

// Also where a level is made of a finer grid's cells, which hold unequal numbers of vertices.
TEST(LevelsOfDetail, EveryVertexIsTheMeanOfItsCells) {
  const TriangleMesh mesh = Cleaned(MakeMultiPart(60000));
  const Eigen::Vector3d low = BoundingBox(mesh.vertices).low;
  for (const SimplifiedMesh& level : LevelsOfDetail(mesh, {400, 1500, 8000})) {
    const auto cell_of = [&](const Eigen::Vector3d& p) {
      const Eigen::Vector3d c = (p - low) / level.cell;
      return std::array<int, 3>{static_cast<int>(c.x()), static_cast<int>(c.y()),
                                static_cast<int>(c.z())};
    };
    std::map<std::array<int, 3>, std::pair<Eigen::Vector3d, int>> cells;
    for (const Eigen::Vector3d& v : mesh.vertices) {
      auto& [sum, count] = cells.try_emplace(cell_of(v), Eigen::Vector3d::Zero(), 0).first->second;
      sum += v;
      ++count;
    }
    for (const Eigen::Vector3d& v : level.mesh.vertices) {
      const auto& [sum, count] = cells.at(cell_of(v));
      EXPECT_LT((v - sum / count).norm(), 1e-12);
    }
  }
}

TEST(LevelsOfDetail, AMeshWithFewerFacesIsKept) {
  const TriangleMesh cube = MakeCube(2);
  const std::vector<SimplifiedMesh> levels = LevelsOfDetail(cube, {400, 10000});
  for (const SimplifiedMesh& level : levels) EXPECT_EQ(level.mesh.faces.size(), 12u);
  EXPECT_TRUE(LevelsOfDetail(cube, {}).empty());
}

TEST(LevelsOfDetail, SameBitsOnEveryRun) {
  const TriangleMesh mesh = Cleaned(FlipRandomWinding(MakeMultiPart(150000), 0.3, 4));
  const auto first = LevelsOfDetail(mesh, kTargets), second = LevelsOfDetail(mesh, kTargets);
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].mesh.vertices, second[i].mesh.vertices);
    EXPECT_EQ(first[i].mesh.faces, second[i].mesh.faces);
    EXPECT_EQ(first[i].cell, second[i].cell);
  }
}

using LevelsOfDetailDeathTest = ::testing::Test;
TEST(LevelsOfDetailDeathTest, NoFacesAndNoTargetDie) {
  EXPECT_DEATH(LevelsOfDetail(TriangleMesh{}, {100}), "faces");
  EXPECT_DEATH(LevelsOfDetail(MakeCube(2), {100, 0}), "target_faces");
}

}  // namespace
}  // namespace ceres_align
