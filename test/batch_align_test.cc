// Whole alignments on the batched pipeline (host executor) end where the CPU's do.
#include <gtest/gtest.h>

#include "batch_testing.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/scene/silhouette_table.h"

namespace ceres_align {
namespace {

Scene TwoViewScene(const TriangleMesh& mesh, bool with_start) {
  testing::Random random("batch align", 1);
  const Camera camera = testing::TestCamera(96, 80);
  const Rigid3d truth = testing::RandomPose(mesh, camera, 30, &random);
  const Eigen::Vector3d pivot = truth.translation;
  Scene scene = testing::SyntheticScene(mesh, camera,
                                        {Rigid3d(), testing::TurnedCamera(pivot, 0.8)}, truth, 4);
  scene.initial_rig_from_world.reset();
  if (with_start) {
    Eigen::Matrix<double, 6, 1> delta;
    delta << 0.25 * random.UnitVector(), 0.1 * random.UnitVector();
    scene.initial_rig_from_world = testing::MovePose(truth, Eigen::Vector3d::Zero(), delta);
  }
  return scene;
}

void ExpectSameAnswer(const Scene& scene, const AlignOptions& options) {
  CpuRasterizer cpu(1);
  BatchRasterizer batched(batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), "host",
                          8);
  const AlignResult expected = Align(scene, &cpu, options);
  const AlignResult result = Align(scene, &batched, options);
  EXPECT_EQ(result.IsUsable(), expected.IsUsable());
  EXPECT_EQ(result.status, expected.status);
  EXPECT_NEAR(result.final_cost, expected.final_cost, 1e-6 * expected.final_cost);
  const PoseError error =
      ComparePoses(result.rig_from_world, expected.rig_from_world, expected.object_center_in_world);
  EXPECT_LT(error.rotation_deg, 1e-3);
  EXPECT_LT(error.translation_percent, 1e-3);
}

TEST(BatchAlign, FromAStart) {
  ExpectSameAnswer(TwoViewScene(MakeMultiPart(1200), true), AlignOptions());
}

// The grid in large batches, then descents side by side whose evaluations meet.
TEST(BatchAlign, BySearch) {
  AlignOptions options;
  options.search_rotations = 96;
  options.search_refined = 8;
  options.search_kept = 4;
  ExpectSameAnswer(TwoViewScene(MakeMultiPart(600), false), options);
}

// Directions drawn in batches look as on the host, but for pixels that the outline halves.
TEST(BatchAlign, TheTableOfLooksIsTheHosts) {
  CpuRasterizer cpu(1);
  BatchRasterizer batched(batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), "host",
                          8);
  const auto mesh = std::make_shared<const ContourMesh>(MakeMultiPart(600));
  const SilhouetteTable expected(mesh, 6 * mesh->radius, 300, &cpu);
  const SilhouetteTable table(mesh, 6 * mesh->radius, 300, &batched);
  ASSERT_EQ(table.entries().size(), 300u);
  double worst = 0;
  for (size_t i = 0; i < table.entries().size(); ++i) {
    const auto &a = table.entries()[i], &b = expected.entries()[i];
    EXPECT_EQ(a.look_from_object.coeffs(), b.look_from_object.coeffs());
    EXPECT_NEAR(a.area, b.area, 0.03 * b.area) << i;
    EXPECT_LT((a.centroid - b.centroid).norm(), 0.01 * std::sqrt(b.area)) << i;
    worst = std::max(
        worst, static_cast<double>(Mismatch(a.silhouette, 0, b.silhouette)) / b.silhouette.Area());
  }
  EXPECT_LT(worst, 0.1);
  EXPECT_GT(worst, 0);  // two ways indeed
}

}  // namespace
}  // namespace ceres_align
