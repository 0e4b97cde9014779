// Pixels of weight 0 do not count, for anything.
#include <gtest/gtest.h>

#include <string>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::ExpectHonest;
using testing::MakeScene;
using testing::Random;
using testing::Solve;

// Garbage where the weight is 0 changes nothing, not a bit.
TEST(Align, IgnoredPixelsDoNotCount) {
  Scene clean = MakeScene(MakeMultiPart(1500), 2, 86, 12);
  for (View& view : clean.views) {
    view.weight = ImageF(view.mask.width, view.mask.height, 1.0f);
    for (int r = 0; r < view.mask.height; ++r) {
      for (int c = 0; c < view.mask.width / 4; ++c) view.weight.at(c, r) = 0;
    }
  }
  Scene garbage = clean;
  Random random("garbage", 0);
  for (View& view : garbage.views) {
    for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
      if (view.weight.pixels[i] == 0) {
        view.mask.pixels[i] = static_cast<float>(random.Uniform(0, 1));
      }
    }
  }
  const AlignResult a = Solve(clean), b = Solve(garbage);
  ExpectHonest(garbage, b);
  EXPECT_LT(ErrorOf(clean, a).rotation_deg, 0.6);
  EXPECT_EQ(a.final_cost, b.final_cost);
  EXPECT_TRUE(a.rig_from_world.translation == b.rig_from_world.translation);
  EXPECT_TRUE(a.rig_from_world.rotation.coeffs() == b.rig_from_world.rotation.coeffs());
  for (size_t i = 0; i < a.views.size(); ++i) EXPECT_EQ(a.views[i].iou, b.views[i].iou);
  // The weights are what makes the difference.
  for (View& view : garbage.views) view.weight = ImageF();
  EXPECT_GT(Solve(garbage).final_cost, 2 * a.final_cost);
}

TEST(Align, AMaskThatIsOnlyIgnoredPixelsIsEmpty) {
  Scene scene = MakeScene(MakeMultiPart(600), 1, 87, 5);
  scene.views[0].weight = ImageF(160, 130, 1.0f);
  for (size_t i = 0; i < scene.views[0].mask.pixels.size(); ++i) {
    if (scene.views[0].mask.pixels[i] > 0) scene.views[0].weight.pixels[i] = 0;
  }
  EXPECT_THROW(Solve(scene), InputError);
}

// The pixels on one side of the mask's centroid do not count.
void IgnoreHalf(int side, View* view) {
  double area = 0, x = 0, y = 0;
  for (int r = 0; r < view->mask.height; ++r) {
    for (int c = 0; c < view->mask.width; ++c) {
      area += view->mask.at(c, r);
      x += view->mask.at(c, r) * c;
      y += view->mask.at(c, r) * r;
    }
  }
  view->weight = ImageF(view->mask.width, view->mask.height, 1.0f);
  for (int r = 0; r < view->mask.height; ++r) {
    for (int c = 0; c < view->mask.width; ++c) {
      const double from_middle = side % 2 == 0 ? c - x / area : r - y / area;
      if ((side < 2) == (from_middle > 0)) view->weight.at(c, r) = 0;
    }
  }
}

// What is seen of the object has another centroid and area than the object. Turned right, it starts
// out of every frame; or there is no start.
TEST(Align, HalfOfTheObjectIgnored) {
  for (int trial = 0; trial < 12; ++trial) {
    const TriangleMesh mesh = trial % 2 ? MakeMultiPart(3000) : MakeBumpyBlob(3000, 40 + trial);
    Scene scene = MakeScene(mesh, 2, 1000 + trial, 0, 1, 306, 256);
    for (View& view : scene.views) IgnoreHalf(trial / 2 % 4, &view);
    scene.initial_rig_from_world.reset();
    if (trial % 3 != 0) {
      Rigid3d start = *scene.true_rig_from_world;
      const double depth = (start * BoundingSphere(mesh).center).z();
      start.translation.x() += (trial % 2 ? 1.3 : -1.3) * depth * 306 / scene.views[0].camera.fx_px;
      scene.initial_rig_from_world = start;
    }
    const AlignResult result = Solve(scene);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5) << "trial " << trial;
    EXPECT_TRUE(result.IsUsable()) << "trial " << trial;
  }
}

// A thing before the object hides a good part of it. Known, it costs a little; not known, the masks
// are wrong.
TEST(Align, WhatAnOccluderHidesDoesNotCount) {
  const TriangleMesh mesh = MakeMultiPart(1500);
  Scene scene = MakeScene(mesh, 2, 88, 8, 1, 306, 256);
  TriangleMesh plate = MakeCube(1);
  const Eigen::Vector3d center = *scene.true_rig_from_world * BoundingSphere(mesh).center;
  const double radius = BoundingSphere(mesh).radius;
  for (Eigen::Vector3d& vertex : plate.vertices) vertex *= 0.8 * radius;
  CleanMesh(&plate);
  scene.meshes.push_back(std::make_shared<TriangleMesh>(plate));
  scene.mesh_names.push_back("plate");
  const Rigid3d rig_from_plate(
      ExpRotation({0.3, 0.4, 0.2}),
      Eigen::Vector3d(0.62 * center + Eigen::Vector3d(0.4 * radius, 0, 0)));
  double hidden = 0, seen = 0;
  for (View& view : scene.views) {
    const ImageF before = RenderMask(plate, view.cam_from_rig * rig_from_plate, view.camera, 4);
    for (size_t i = 0; i < before.pixels.size(); ++i) {
      hidden += before.pixels[i] > 0 ? view.mask.pixels[i] : 0;
      if (before.pixels[i] > 0) view.mask.pixels[i] = 0;
      seen += view.mask.pixels[i];
    }
  }
  ASSERT_GT(hidden, 0.15 * seen);
  const AlignResult unknown = Solve(scene);
  scene.occluders = {{1, rig_from_plate}};
  const AlignResult known = Solve(scene);
  EXPECT_LT(ErrorOf(scene, known).rotation_deg, 0.1);
  EXPECT_LT(ErrorOf(scene, known).translation_percent, 0.1);
  EXPECT_TRUE(known.IsUsable());
  EXPECT_GT(unknown.final_cost, 3 * known.final_cost);
  EXPECT_FALSE(unknown.IsUsable());
  scene.occluders[0].mesh_index = 2;
  EXPECT_THROW(Solve(scene), InputError);
}

// Two objects in one image, each with a mask of its own; where the nearer one is, the farther one's
// mask says nothing.
TEST(Align, TwoObjectsOfWhichOneHidesTheOther) {
  const TriangleMesh behind = MakeBumpyBlob(4000, 7), before = MakeMultiPart(4000);
  Scene far = MakeScene(behind, 2, 89, 5, 1, 640, 512), near = far;
  near.meshes = {std::make_shared<TriangleMesh>(before)};
  const Eigen::Vector3d center = far.true_rig_from_world->translation;
  const double radius = BoundingSphere(before).radius;
  near.true_rig_from_world =
      Rigid3d(ExpRotation({0.4, -0.7, 0.3}),
              Eigen::Vector3d(0.85 * center + Eigen::Vector3d(1.1 * radius, 0.2 * radius, 0)));
  Random random("two objects", 0);
  near.initial_rig_from_world = testing::Off(*near.true_rig_from_world, before, 5, 4, &random);
  double hidden = 0, all = 0;
  for (size_t i = 0; i < far.views.size(); ++i) {
    View &a = far.views[i], &b = near.views[i];
    b.mask = RenderMask(before, b.cam_from_rig * *near.true_rig_from_world, b.camera);
    a.weight = ImageF(a.mask.width, a.mask.height, 1.0f);
    for (size_t p = 0; p < a.mask.pixels.size(); ++p) {
      all += a.mask.pixels[p];
      if (b.mask.pixels[p] == 0) continue;
      hidden += a.mask.pixels[p];
      a.mask.pixels[p] = 0;
      a.weight.pixels[p] = 0;
    }
  }
  EXPECT_GT(hidden, 0.15 * all) << hidden / all;
  EXPECT_LT(hidden, 0.5 * all) << hidden / all;
  for (const Scene* scene : {&far, &near}) {
    const AlignResult result = Solve(*scene);
    EXPECT_LT(ErrorOf(*scene, result).rotation_deg, 0.05);
    EXPECT_LT(ErrorOf(*scene, result).translation_percent, 0.05);
    for (const Check& check : result.checks) EXPECT_TRUE(check.passed) << check.message;
    EXPECT_TRUE(result.IsUsable());
  }
}

}  // namespace
}  // namespace ceres_align
