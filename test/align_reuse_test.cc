// Prepared meshes are kept over many alignments, and wrong scenes are bad input.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "align_testing.h"

namespace ceres_align::testing {
namespace {

TEST(PreparedMeshes, GiveTheSameBitsWhateverWasAlignedBefore) {
  const TriangleMesh mesh = MakeMultiPart(6000);
  Scene first = MakeScene(mesh, 2, 1, 0), second = MakeScene(mesh, 1, 2, 12);
  second.meshes = first.meshes;
  CpuRasterizer rasterizer(2);
  const PreparedMeshes meshes = PrepareMeshes(first);
  const AlignOptions options;
  const AlignResult fresh = Align(second, &rasterizer, options);
  Align(first, meshes, &rasterizer, options);
  for (int run = 0; run < 2; ++run) {
    const AlignResult again = Align(second, meshes, &rasterizer, options);
    EXPECT_EQ(again.rig_from_world.R(), fresh.rig_from_world.R());
    EXPECT_EQ(again.rig_from_world.translation, fresh.rig_from_world.translation);
    EXPECT_EQ(again.final_cost, fresh.final_cost);
  }
}

TEST(PreparedMeshes, AreSharedByAlignmentsOnSeveralThreads) {
  Scene scene = MakeScene(MakeMultiPart(4000), 1, 3, 0);
  CpuRasterizer rasterizer(2);
  const PreparedMeshes meshes = PrepareMeshes(scene);
  std::vector<AlignResult> results(3);
  std::vector<std::thread> threads;
  for (AlignResult& result : results) {
    threads.emplace_back([&] { result = Align(scene, meshes, &rasterizer, Options()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const AlignResult& result : results) {
    EXPECT_EQ(result.rig_from_world.translation, results[0].rig_from_world.translation);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5);
  }
}

TEST(PreparedMeshes, MustBeTheScenes) {
  const Scene scene = MakeScene(MakeMultiPart(1000), 1, 4, 5);
  const Scene other = MakeScene(MakeMultiPart(1000), 1, 5, 5);
  CpuRasterizer rasterizer(1);
  EXPECT_THROW(Align(scene, PrepareMeshes(other), &rasterizer, Options()), InputError);
  EXPECT_THROW(Align(scene, {}, &rasterizer, Options()), InputError);
}

TEST(CheckScene, NamesWhatIsWrong) {
  const Scene good = MakeScene(MakeMultiPart(1000), 2, 6, 5);
  const auto expect = [&](const char* part, const std::function<void(Scene*)>& change) {
    Scene scene = good;
    change(&scene);
    CpuRasterizer rasterizer(1);
    try {
      Align(scene, &rasterizer, Options());
      ADD_FAILURE() << "not refused: " << part;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  expect("no views", [](Scene* s) { s->views.clear(); });
  expect("value nan", [](Scene* s) { s->views[1].mask.at(3, 4) = NAN; });
  expect("column 3, row 4", [](Scene* s) { s->views[1].mask.at(3, 4) = 1.5f; });
  expect("weight image", [](Scene* s) {
    s->views[0].weight = ImageF(s->views[0].mask.width, s->views[0].mask.height, -1.0f);
  });
  expect("the mask has", [](Scene* s) { s->views[0].mask = ImageF(5, 5); });
  expect("mesh_index", [](Scene* s) { s->views[0].mesh_index = 7; });
  expect("no faces", [](Scene* s) { s->meshes[0] = std::make_shared<TriangleMesh>(); });
  expect("focal length", [](Scene* s) { s->views[0].camera.fx_px = NAN; });
  expect("cam_from_rig", [](Scene* s) { s->views[0].cam_from_rig.translation.x() = INFINITY; });
  expect("start", [](Scene* s) { s->initial_rig_from_world->translation.z() = NAN; });
}

// The first view may see nothing, and views may differ in size.
TEST(Align, TheFirstViewMaySeeNothing) {
  Scene scene = MakeScene(MakeMultiPart(3000), 2, 8, 8);
  View blind = scene.views[0];
  blind.name = "blind";
  blind.camera = blind.camera.Scaled(40, 30);
  blind.mask = ImageF(40, 30);
  // It looks the other way.
  blind.cam_from_rig =
      Rigid3d(ExpRotation({0, M_PI, 0}), Eigen::Vector3d::Zero()) * blind.cam_from_rig;
  scene.views.insert(scene.views.begin(), blind);
  AlignOptions options;
  const AlignResult from_start = Solve(scene, options);
  EXPECT_LT(ErrorOf(scene, from_start).rotation_deg, 0.3);
  ASSERT_TRUE(from_start.observability.has_value());
  scene.initial_rig_from_world.reset();
  const AlignResult searched = Solve(scene, options);
  EXPECT_LT(ErrorOf(scene, searched).rotation_deg, 0.3);
}

}  // namespace
}  // namespace ceres_align::testing
