// What the tests of the report share: hand-made results, and a rasterizer that is the independent
// renderer.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align::testing {

/// Coverage by 4x4 point samples; evaluates nothing.
class SamplingRasterizer : public Rasterizer {
 public:
  std::string name() const override { return "sampling"; }
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override {
    TriangleMesh copy;
    for (const Vec3& v : mesh->vertices) {
      copy.vertices.emplace_back(v.x + mesh->center.x, v.y + mesh->center.y, v.z + mesh->center.z);
    }
    for (const auto& face : mesh->faces) copy.faces.push_back({face.v[0], face.v[1], face.v[2]});
    meshes_[next_] = copy;
    return next_++;
  }
  TargetId AddTarget(std::shared_ptr<const Target>) override { return 0; }
  void ReleaseMesh(MeshId id) override { meshes_.erase(id); }
  void ReleaseTarget(TargetId) override {}
  Eigen::Vector3d MeshCenter(MeshId) const override {
    ADD_FAILURE();
    return Eigen::Vector3d::Zero();
  }
  void Evaluate(const std::vector<RasterJob>&, std::vector<GramResult>*) override { FAIL(); }
  void ForEach(size_t n, const std::function<void(size_t)>& body) override {
    for (size_t i = 0; i < n; ++i) body(i);
  }
  Image<double> Coverage(const RasterJob& job, std::vector<double>*) override {
    const ImageF mask = RenderMask(meshes_.at(job.mesh), job.cam_from_object, job.camera, 4);
    Image<double> out(mask.width, mask.height);
    std::copy(mask.pixels.begin(), mask.pixels.end(), out.pixels.begin());
    return out;
  }
  void Outline(const RasterJob&, std::vector<OutlineSample>*) override { FAIL(); }
  size_t held() const { return meshes_.size(); }

 private:
  std::map<MeshId, TriangleMesh> meshes_;
  MeshId next_ = 7;
};

inline Rigid3d Pose(double angle_rad) {
  return Rigid3d(ExpRotation(angle_rad * Eigen::Vector3d(0.3, 1, 0.2).normalized()),
                 Eigen::Vector3d(0.1, -0.05, 6));
}

struct MadeRun {
  Scene scene;
  AlignResult result;
  std::vector<AlignIteration> iterations;
};

inline MadeRun MakeRun(int steps = 6) {
  MadeRun run;
  run.scene.meshes = {std::make_shared<const TriangleMesh>(MakeMultiPart(2000))};
  run.scene.initial_rig_from_world = Pose(0.5);
  run.scene.true_rig_from_world = Pose(0);
  run.result.rig_from_world = Pose(0.01);
  for (int i = 0; i < 2; ++i) {
    View view;
    view.name = i == 0 ? "left" : "right";
    view.camera =
        i == 0 ? Camera{153, 128, 180, 180, 76.5, 64} : Camera{128, 153, 180, 180, 64, 76.5};
    if (i == 1) view.cam_from_rig = Rigid3d(ExpRotation({0, 0.2, 0}), Eigen::Vector3d(-1, 0, 0));
    view.mask = RenderMask(*run.scene.meshes[0], view.cam_from_rig * Pose(0), view.camera);
    ViewResult quality;
    quality.name = view.name;
    quality.cam_from_world = view.cam_from_rig * run.result.rig_from_world;
    quality.camera_center_in_world = quality.cam_from_world.TargetOriginInSource();
    quality.iou = 0.9876;
    quality.contour_rms_px = i == 0 ? 0.25 : std::numeric_limits<double>::quiet_NaN();
    quality.object_in_frame = true;
    run.result.views.push_back(quality);
    run.scene.views.push_back(view);
  }
  run.result.status = AlignStatus::kConverged;
  run.result.termination = "the last step moved the outline by 2e-4 px";
  run.result.backend = "cpu";
  run.result.initial_cost = 1234.5;
  run.result.final_cost = 0.1;
  run.result.iterations = steps;
  run.result.evaluations = steps + 1;
  run.result.solve_seconds = 0.015;
  run.result.assess_seconds = 0.002;
  run.result.covariance = Eigen::Matrix<double, 6, 6>::Identity() * 1e-6;
  run.result.checks = ChecksOf(run.result);
  for (int i = 0; i < steps; ++i) {
    const double left = 1 - i / std::max(1.0, steps - 1.0);
    run.iterations.push_back({i / 3, (steps + 2) / 3, 20 << (i / 3), 17 << (i / 3), i % 3,
                              1000 * left, left, true, Pose(0.01 + 0.49 * left)});
  }
  return run;
}

/// As a search leaves it: no start, two other poses, one step of progress.
inline MadeRun MakeSearchedRun(double best_ratio) {
  MadeRun run = MakeRun(1);
  run.scene.initial_rig_from_world.reset();
  run.result.searched = true;
  run.result.alternatives.resize(2);
  run.result.alternatives[0].rig_from_world = Pose(0.01 + M_PI / 2);
  run.result.alternatives[0].cost_ratio = best_ratio;
  run.result.alternatives[1].rig_from_world = Pose(-1);
  run.result.ambiguous = best_ratio <= kAmbiguousRatio;
  if (run.result.ambiguous) run.result.ambiguity = "a pose with another rotation fits as well";
  run.result.checks = ChecksOf(run.result);
  return run;
}

}  // namespace ceres_align::testing
