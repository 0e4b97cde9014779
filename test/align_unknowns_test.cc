// AlignUnknowns: scale, focal length, principal point and rig found with the pose, on masks from
// the independent renderer.
#include "ceres_align/align/align_unknowns.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "align_testing.h"
#include "ceres_align/align/align_scene.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/unknowns/intrinsics_manifold.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::MakeScene;
using testing::Random;

UnknownsResult Solve(const Scene& scene, const UnknownOptions& unknowns,
                     const AlignCallback& callback = {}) {
  CpuRasterizer rasterizer(2);
  return AlignUnknowns(scene, unknowns, &rasterizer, AlignOptions(), callback);
}

const UnknownFit& FitOf(const UnknownsResult& result, const std::string& name) {
  for (const UnknownFit& fit : result.align.unknowns) {
    if (fit.name == name) return fit;
  }
  ADD_FAILURE() << "no " << name;
  static const UnknownFit kNone;
  return kNone;
}

void ScaleMesh(Scene* scene, double factor) {
  auto mesh = std::make_shared<TriangleMesh>(*scene->meshes[0]);
  for (Eigen::Vector3d& v : mesh->vertices) v *= factor;
  scene->meshes[0] = mesh;
}

TriangleMesh Blob() { return MakeBumpyBlob(3000, 7); }
TriangleMesh Scan() {
  ScanOptions options;
  options.target_faces = 20000;
  return MakeScanOfShape("rooster", options);
}

TEST(AlignUnknowns, FindsScaleFocalLengthAndRigTogether) {
  int trial = 0;
  for (const TriangleMesh& mesh : {Blob(), MakeMultiPart(3000), Scan()}) {
    Scene scene = MakeScene(mesh, 2, 500 + trial++, 5, 1, 306, 256);
    const double scale = trial == 2 ? 0.55 : 1.8;
    ScaleMesh(&scene, 1 / scale);
    const Camera camera = scene.views[0].camera;
    for (View& view : scene.views) {
      view.camera.fx_px *= 1.2;
      view.camera.fy_px *= 1.2;
    }
    const Rigid3d rig = scene.views[1].cam_from_rig;
    scene.views[1].cam_from_rig.rotation = ExpRotation({0.02, -0.02, 0.02}) * rig.rotation;
    UnknownOptions unknowns;
    unknowns.scale_sigma = unknowns.focal_sigma = UnknownOptions::kFree;
    unknowns.rig_rotation_sigma_rad = 0.035;
    unknowns.rig_translation_sigma = 0.001;
    const UnknownsResult result = Solve(scene, unknowns);
    SCOPED_TRACE(trial);
    EXPECT_EQ(result.align.status, AlignStatus::kConverged);
    EXPECT_LT(ErrorOf(scene, result.align).rotation_deg, 0.2);
    const UnknownFit &found_scale = FitOf(result, "scale"), &focal = FitOf(result, "focal length");
    EXPECT_NEAR(found_scale.value, scale, 3 * found_scale.sigma + 1e-9);
    EXPECT_LT(found_scale.sigma, 0.005 * scale);
    EXPECT_NEAR(focal.value, camera.fx_px, 3 * focal.sigma);
    EXPECT_LT(focal.sigma, 0.01 * camera.fx_px);
    EXPECT_TRUE(found_scale.determined && focal.determined);
    EXPECT_LT(RotationAngle_rad(result.values.cam_from_rig[1].rotation, rig.rotation), 0.004);
    // The scene that comes back has the values in it.
    EXPECT_EQ(result.scene.views[1].camera.fx_px, result.values.intrinsics[0][0]);
    EXPECT_NEAR(result.scene.meshes[0]->vertices[5].norm() / scene.meshes[0]->vertices[5].norm(),
                found_scale.value, 1e-9);
    ASSERT_TRUE(result.joint_covariance);
    EXPECT_EQ(result.joint_covariance->rows(), 6 + 1 + 6 + 1);
  }
}

TEST(AlignUnknowns, FindsTheFocalLengthOfOneMaskWithoutAStart) {
  for (const double fov_factor : {0.6, 1.7}) {
    Scene scene = MakeScene(MakeMultiPart(3000), 1, 510, 0, 1, 306, 256);
    scene.initial_rig_from_world.reset();
    const double truth = scene.views[0].camera.fx_px;
    scene.views[0].camera.fx_px *= fov_factor;
    scene.views[0].camera.fy_px *= fov_factor;
    UnknownOptions unknowns;
    unknowns.focal_sigma = UnknownOptions::kFree;
    unknowns.least_focal_factor = 0.5;
    unknowns.most_focal_factor = 2;
    const UnknownsResult result = Solve(scene, unknowns);
    EXPECT_TRUE(result.align.searched);
    EXPECT_LT(ErrorOf(scene, result.align).rotation_deg, 1);
    const UnknownFit& focal = FitOf(result, "focal length");
    EXPECT_NEAR(focal.value, truth, 3 * focal.sigma);
    EXPECT_NEAR(focal.prior, fov_factor * truth, 1e-9);
    EXPECT_TRUE(std::isinf(focal.prior_sigma));
    EXPECT_EQ(focal.moved, 0);
  }
}

TEST(AlignUnknowns, OneCameraCannotTellScaleFromDistance) {
  Scene scene = MakeScene(Blob(), 1, 511, 4, 1, 200, 160);
  ScaleMesh(&scene, 0.5);
  UnknownOptions unknowns;
  unknowns.scale_sigma = UnknownOptions::kFree;
  const UnknownsResult result = Solve(scene, unknowns);
  const UnknownFit& scale = FitOf(result, "scale");
  EXPECT_FALSE(scale.determined);
  EXPECT_NE(scale.why.find("distance"), std::string::npos);
  EXPECT_EQ(result.values.log_scale, 0);
  EXPECT_EQ(result.align.status, AlignStatus::kConverged);
  EXPECT_LT(ErrorOf(scene, result.align).rotation_deg, 0.5);
  // A turntable's known shift tells it: the object is seen in two places.
  Scene moved = MakeScene(Blob(), 1, 511, 4, 1, 200, 160);
  moved.views.push_back(moved.views[0]);
  moved.views[1].name = "shifted";
  moved.views[1].world_from_object.translation = {0.5, 0.3, 0.2};
  moved.views[1].mask =
      RenderMask(*moved.meshes[0], *moved.true_rig_from_world * moved.views[1].world_from_object,
                 moved.views[1].camera);
  ScaleMesh(&moved, 0.5);
  const UnknownsResult told = Solve(moved, unknowns);
  EXPECT_TRUE(FitOf(told, "scale").determined);
  EXPECT_NEAR(FitOf(told, "scale").value, 2, 0.02);
}

// Numbers that the masks hardly tell stay near what was known; those that they tell do not.
TEST(AlignUnknowns, PriorsHoldWhatTheMasksDoNotTell) {
  Scene scene = MakeScene(Blob(), 1, 512, 4, 1, 200, 160);
  const double truth = scene.views[0].camera.fx_px;
  scene.views[0].camera.fx_px *= 1.02;
  scene.views[0].camera.fy_px *= 1.02;
  UnknownOptions unknowns;
  unknowns.focal_sigma = 1e-4;
  const UnknownsResult held = Solve(scene, unknowns);
  const UnknownFit& focal = FitOf(held, "focal length");
  EXPECT_NEAR(focal.value, 1.02 * truth, 0.002 * truth);
  EXPECT_FALSE(focal.determined);
  EXPECT_FALSE(focal.why.empty());
  EXPECT_LT(focal.sigma, 1.1 * focal.prior_sigma);
  unknowns.focal_sigma = 0.1;
  unknowns.principal_point_sigma_px = 3;
  const UnknownsResult free = Solve(scene, unknowns);
  EXPECT_NEAR(FitOf(free, "focal length").value, truth, 3 * FitOf(free, "focal length").sigma);
  EXPECT_LT(FitOf(free, "focal length").sigma, 0.05 * truth);
  EXPECT_NEAR(FitOf(free, "cx").value, scene.views[0].camera.cx_px, 10);
  EXPECT_GT(FitOf(free, "cx").sigma, 0);
  EXPECT_LE(FitOf(free, "cx").sigma, 3.1);
}

TEST(AlignUnknowns, SharedCamerasAreOne) {
  Scene scene = MakeScene(Blob(), 2, 513, 4);
  scene.views.push_back(scene.views[1]);
  scene.views.push_back(scene.views[0]);
  scene.views[3].camera.fx_px += 1;
  const SharedCameras shared(scene);
  EXPECT_EQ(shared.model, (std::vector<int>{0, 0, 0, 1}));
  EXPECT_EQ(shared.place, (std::vector<int>{0, 1, 1, 2}));
  EXPECT_EQ(shared.view_of_model, (std::vector<size_t>{0, 3}));
}

TEST(AlignUnknowns, StopsAndRefusesAsAlignDoes) {
  const Scene scene = MakeScene(Blob(), 2, 514, 4);
  UnknownOptions unknowns;
  unknowns.focal_sigma = 0.1;
  int calls = 0;
  const UnknownsResult stopped =
      Solve(scene, unknowns, [&](const AlignIteration&) { return ++calls < 3; });
  EXPECT_EQ(stopped.align.status, AlignStatus::kStopped);
  for (const double wrong : {-0.1, static_cast<double>(NAN)}) {
    unknowns.focal_sigma = wrong;
    EXPECT_THROW(Solve(scene, unknowns), InputError);
  }
  unknowns.focal_sigma = 0;
  unknowns.most_focal_factor = 2;
  EXPECT_THROW(Solve(scene, unknowns), InputError);
  unknowns.most_focal_factor = 1;
  unknowns.rig_rotation_sigma_rad = 0.1;
  EXPECT_THROW(Solve(scene, unknowns), InputError);
}

TEST(AlignScene, IsAlignOrAlignUnknownsBehindOccluders) {
  Scene scene = MakeScene(Blob(), 2, 515, 4);
  // Before the first camera, over a part of what it sees of the object.
  Occluder occluder;
  occluder.mesh_index = 1;
  occluder.rig_from_occluder.translation = {0, 0, 0.4 * scene.true_rig_from_world->translation.z()};
  TriangleMesh plate;
  const double side = 0.1 * occluder.rig_from_occluder.translation.z();
  plate.vertices = {{0, 0, 0}, {side, 0, 0}, {0, side, 0}};
  plate.faces = {{0, 1, 2}};
  scene.meshes.push_back(std::make_shared<TriangleMesh>(plate));
  scene.mesh_names.push_back("plate");
  scene.occluders.push_back(occluder);
  CpuRasterizer rasterizer(2);
  const AlignOptions options;
  const PreparedMeshes meshes = PrepareMeshes(scene);
  for (const double focal_sigma : {0.0, 0.1}) {
    scene.unknowns.focal_sigma = focal_sigma;
    const AlignResult expected =
        focal_sigma > 0 ? AlignUnknowns(scene, scene.unknowns, &rasterizer, options).align
                        : Align(scene, &rasterizer, options);
    const AlignedScene aligned = AlignScene(scene, meshes, &rasterizer, options),
                       again = AlignScene(scene, &rasterizer, options);
    for (const AlignedScene* one : {&aligned, &again}) {
      EXPECT_EQ(one->align.rig_from_world.translation, expected.rig_from_world.translation);
      EXPECT_EQ(one->align.final_cost, expected.final_cost);
      EXPECT_EQ(one->align.unknowns.empty(), focal_sigma == 0);
      EXPECT_TRUE(one->scene.occluders.empty());
      const auto& weights = one->scene.views[0].weight.pixels;
      EXPECT_GT(std::count(weights.begin(), weights.end(), 0.0f), 50);
      EXPECT_EQ(one->meshes.size(), scene.meshes.size());
    }
    EXPECT_EQ(aligned.meshes[0], meshes[0]);  // not prepared again
    EXPECT_EQ(aligned.scene.views[0].camera.fx_px == scene.views[0].camera.fx_px, focal_sigma == 0);
  }
  EXPECT_THROW(AlignScene(scene, {}, &rasterizer, options), InputError);
}

TEST(IntrinsicsManifold, IsAManifold) {
  const Eigen::Vector4d x(500, 510, 320, 240);
  for (const bool focal : {false, true}) {
    for (const bool point : {false, true}) {
      if (!focal && !point) continue;
      const IntrinsicsManifold manifold(focal, point);
      const int n = manifold.TangentSize();
      ASSERT_EQ(n, (focal ? 1 : 0) + (point ? 2 : 0));
      const Eigen::VectorXd delta = Eigen::VectorXd::LinSpaced(n, 0.1, 0.3);
      Eigen::Vector4d moved;
      Eigen::VectorXd back(n);
      manifold.Plus(x.data(), delta.data(), moved.data());
      manifold.Minus(moved.data(), x.data(), back.data());
      EXPECT_LT((back - delta).norm(), 1e-12);
      EXPECT_NEAR(moved[1] / moved[0], x[1] / x[0], 1e-12);
      EXPECT_EQ(moved[0] != x[0], focal);
      EXPECT_EQ(moved[2] != x[2], point);
      using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      RowMajor plus(4, n), minus(n, 4);
      manifold.PlusJacobian(x.data(), plus.data());
      manifold.MinusJacobian(x.data(), minus.data());
      EXPECT_LT((minus * plus - Eigen::MatrixXd::Identity(n, n)).norm(), 1e-12);
      for (int k = 0; k < n; ++k) {
        Eigen::Vector4d side[2];
        for (const int s : {0, 1}) {
          const Eigen::VectorXd step = (s == 0 ? -1e-6 : 1e-6) * Eigen::VectorXd::Unit(n, k);
          manifold.Plus(x.data(), step.data(), side[s].data());
        }
        EXPECT_LT(((side[1] - side[0]) / 2e-6 - plus.col(k)).norm(), 1e-6);
      }
    }
  }
}

TEST(JointCovariance, OfThePoseAloneIsTheSandwich) {
  const Scene scene = MakeScene(MakeMultiPart(3000), 2, 515, 0, 1, 306, 256);
  CpuRasterizer rasterizer(1);
  const PreparedScene prepared(scene, PrepareMeshes(scene), &rasterizer, 12, 2);
  const Rigid3d pose = prepared.ToRun(*scene.true_rig_from_world);
  std::vector<WeightedView> views;
  for (size_t i = 0; i < 2; ++i) {
    views.push_back({prepared.ViewsAt(prepared.last_level(), prepared.Depth(pose))[i],
                     prepared.level(prepared.last_level()).targets[i].get(), 1.0});
  }
  const std::vector<OutlinePixel> pixels = CollectOutline(views, &rasterizer, pose);
  Eigen::MatrixXd columns(6, static_cast<Eigen::Index>(pixels.size()));
  for (size_t i = 0; i < pixels.size(); ++i) {
    columns.col(static_cast<Eigen::Index>(i)) = pixels[i].by_pose;
  }
  std::string why;
  const Misfit misfit = MeasureMisfit(pixels);
  const auto expected =
      SandwichCovariance(pixels, misfit, Matrix6d::Zero(), prepared.radius(), nullptr);
  const auto joint = JointCovariance(pixels, columns, misfit, Eigen::MatrixXd::Zero(6, 6), &why);
  ASSERT_TRUE(expected && joint);
  EXPECT_LT((*expected - *joint).norm(), 1e-9 * expected->norm());
  // A strong prior on one direction leaves it that sigma.
  Eigen::MatrixXd prior = Eigen::MatrixXd::Zero(6, 6);
  prior(0, 0) = 1e18;
  const auto held = JointCovariance(pixels, columns, misfit, prior, &why);
  ASSERT_TRUE(held);
  EXPECT_NEAR(std::sqrt((*held)(0, 0)), 1e-9, 1e-12);
  // A column that nothing determines.
  columns.row(3).setZero();
  EXPECT_FALSE(JointCovariance(pixels, columns, misfit, Eigen::MatrixXd::Zero(6, 6), &why));
  EXPECT_FALSE(why.empty());
}

}  // namespace
}  // namespace ceres_align
