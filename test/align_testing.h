// What the tests of Align share: scenes with masks from the independent renderer, and what every
// result promises.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/assess/metrics.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align::testing {

inline Rigid3d Off(const Rigid3d& truth, const TriangleMesh& mesh, double angle_deg,
                   double shift_percent, Random* random) {
  const Sphere sphere = BoundingSphere(mesh);
  Eigen::Matrix<double, 6, 1> delta;
  delta << angle_deg * M_PI / 180 * random->UnitVector(),
      0.01 * shift_percent * (truth * sphere.center).norm() * random->UnitVector();
  return MovePose(truth, sphere.center, delta);
}

/// Two views 40 degrees apart (or one), the object about half the image's height.
inline Scene MakeScene(const TriangleMesh& mesh, int num_views, int trial, double start_deg,
                       int samples_per_axis = 1, int width_px = 160, int height_px = 130) {
  const Camera camera = TestCamera(width_px, height_px);
  Random random("align", trial);
  const Rigid3d truth = RandomPose(mesh, camera, 0.33 * height_px, &random);
  const Eigen::Vector3d center = truth * BoundingSphere(mesh).center;
  std::vector<Rigid3d> rig = {Rigid3d()};
  if (num_views > 1) rig.push_back(TurnedCamera(center, 0.7));
  Scene scene = SyntheticScene(mesh, camera, rig, truth, samples_per_axis);
  if (start_deg > 0) scene.initial_rig_from_world = Off(truth, mesh, start_deg, 4, &random);
  return scene;
}

inline AlignOptions Options() {
  AlignOptions options;
  options.covariance = false;
  return options;
}

inline AlignResult Solve(const Scene& scene, const AlignOptions& options = Options(),
                         const AlignCallback& callback = {}) {
  CpuRasterizer rasterizer(1);
  return Align(scene, &rasterizer, options, callback);
}

inline PoseError ErrorOf(const Scene& scene, const AlignResult& result) {
  return ComparePoses(result.rig_from_world, *scene.true_rig_from_world,
                      result.object_center_in_world);
}

/// ½ Σ w (M − T)² at full size, from coverage images.
inline double CostAt(const Scene& scene, const Rigid3d& rig_from_world) {
  double cost = 0;
  for (const View& view : scene.views) {
    MeshRenderer renderer(*scene.meshes[view.mesh_index]);
    const Image<double> coverage =
        renderer.Coverage(view.camera, view.cam_from_rig * rig_from_world * view.world_from_object);
    for (size_t i = 0; i < coverage.pixels.size(); ++i) {
      const double d = coverage.pixels[i] - view.mask.pixels[i];
      cost += 0.5 * (view.weight.empty() ? 1.0 : view.weight.pixels[i]) * d * d;
    }
  }
  return cost;
}

/// What every result promises, wherever and however it ended.
inline void ExpectHonest(const Scene& scene, const AlignResult& result) {
  const double start = CostAt(scene, *scene.initial_rig_from_world);
  const double end = CostAt(scene, result.rig_from_world);
  EXPECT_NEAR(result.initial_cost, start, 1e-7 * (1 + start));
  EXPECT_NEAR(result.final_cost, end, 1e-7 * (1 + end));
  EXPECT_LE(result.final_cost, result.initial_cost);
  EXPECT_LE(end, start * (1 + 1e-9));
  EXPECT_FALSE(result.termination.empty());
  EXPECT_GT(result.evaluations, 0);
  EXPECT_EQ(result.backend, "cpu");
  ASSERT_EQ(result.views.size(), scene.views.size());
  for (size_t i = 0; i < scene.views.size(); ++i) {
    const Rigid3d expected = scene.views[i].cam_from_rig * result.rig_from_world;
    const ViewResult& view = result.views[i];
    EXPECT_EQ(view.name, scene.views[i].name);
    EXPECT_LT((view.cam_from_world.R() - expected.R()).norm(), 1e-12);
    EXPECT_LT((view.cam_from_world * view.camera_center_in_world).norm(), 1e-9);
    EXPECT_GE(view.iou, 0);
    EXPECT_LE(view.iou, 1);
  }
}

/// Mean IoU over the views at a pose.
inline double MeanIouAt(const Scene& scene, const Rigid3d& rig_from_world) {
  double sum = 0;
  for (const View& view : scene.views) {
    MeshRenderer renderer(*scene.meshes[view.mesh_index]);
    sum += IntersectionOverUnion(
        renderer.Coverage(view.camera, view.cam_from_rig * rig_from_world * view.world_from_object),
        view.mask, view.weight);
  }
  return sum / static_cast<double>(scene.views.size());
}

}  // namespace ceres_align::testing
