// A few stray faces far away, of a scan, change nothing about how an object is aligned.
#include <gtest/gtest.h>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::MakeScene;
using testing::Solve;
using testing::WithStrays;

// Masks show the object alone; the mesh that is aligned to them has strays too.
Scene StrayScene(const TriangleMesh& mesh, int trial, double start_deg, double radii) {
  Scene scene = MakeScene(mesh, 2, trial, start_deg);
  TriangleMesh with = WithStrays(mesh, 6, radii);
  CleanMesh(&with);
  scene.meshes[0] = std::make_shared<TriangleMesh>(with);
  return scene;
}

struct Case {
  int faces;  // with and without levels of detail
  double radii;
};

TEST(AlignStrays, FoundWithoutAStart) {
  for (const Case& c : {Case{800, 50}, Case{4000, 50}, Case{4000, 1e4}}) {
    for (const int trial : {1, 2, 3}) {
      const TriangleMesh mesh = MakeMultiPart(c.faces);
      Scene scene = StrayScene(mesh, trial, 5, c.radii);
      scene.initial_rig_from_world.reset();
      const AlignResult result = Solve(scene);
      EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.3) << c.faces << " " << c.radii;
      EXPECT_LT(ErrorOf(scene, result).translation_percent, 0.3);
      EXPECT_TRUE(result.IsUsable()) << c.faces << " " << c.radii << " trial " << trial;
    }
  }
}

TEST(AlignStrays, FoundFromAStartAsWithoutThem) {
  for (const Case& c : {Case{800, 50}, Case{4000, 50}, Case{4000, 1e4}}) {
    for (const int trial : {1, 2, 3}) {
      const TriangleMesh mesh = MakeMultiPart(c.faces);
      const Scene scene = StrayScene(mesh, trial, 12, c.radii);
      const AlignResult result = Solve(scene), alone = Solve(MakeScene(mesh, 2, trial, 12));
      EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.3) << c.faces << " " << c.radii;
      EXPECT_LE(result.evaluations, 2 * alone.evaluations);
      EXPECT_TRUE(result.IsUsable()) << c.faces << " " << c.radii << " trial " << trial;
      EXPECT_NEAR(result.object_center_in_world.norm(), alone.object_center_in_world.norm(), 1e-9);
    }
  }
}

TEST(AlignStrays, SymmetryIsTheBodys) {
  TriangleMesh torus = MakeTorus(1, 0.3, 60, 20);
  CleanMesh(&torus);
  TriangleMesh with = WithStrays(torus, 6, 50);
  CleanMesh(&with);
  CpuRasterizer rasterizer(1);
  const PreparedMesh alone(std::make_shared<TriangleMesh>(torus)),
      stray(std::make_shared<TriangleMesh>(with));
  EXPECT_EQ(stray.radius(), alone.radius());
  EXPECT_TRUE(alone.Symmetry(&rasterizer).IsRound());
  EXPECT_TRUE(stray.Symmetry(&rasterizer).IsRound());
  EXPECT_EQ(stray.Symmetry(&rasterizer).rotations.size(),
            alone.Symmetry(&rasterizer).rotations.size());
}

}  // namespace
}  // namespace ceres_align
