// What else the pose could be: symmetries, twins and motions that masks do not determine. Whether a
// pose is right up to the object's symmetry is decided by how the object was made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "align_testing.h"
#include "ceres_align/geometry/simplify.h"
#include "ceres_align/scene/symmetry.h"
#include "ceres_align/synth/mesh_damage.h"

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using testing::Random;

// The object about a third of the image high each way; cameras 60 degrees apart.
Scene SceneOf(const TriangleMesh& mesh, int views, double fov_deg, int trial, bool start) {
  constexpr int kWidth = 200, kHeight = 160;
  const double f = 0.5 * kHeight / std::tan(fov_deg * M_PI / 360);
  const Camera camera{kWidth, kHeight, f, f, 0.5 * kWidth, 0.5 * kHeight};
  Random random("modes", trial);
  const Rigid3d truth = testing::RandomPose(mesh, camera, 0.36 * kHeight, &random);
  std::vector<Rigid3d> rig = {Rigid3d()};
  if (views > 1) {
    rig.push_back(testing::TurnedCamera(truth * BoundingSphere(mesh).center, M_PI / 3));
  }
  Scene scene = testing::SyntheticScene(mesh, camera, rig, truth, 1);
  scene.initial_rig_from_world.reset();
  if (start) scene.initial_rig_from_world = testing::Off(truth, mesh, 4, 1, &random);
  return scene;
}

// The rotation, in the object's axes, from the truth to a pose.
Matrix3d TurnFromTruth(const Scene& scene, const Rigid3d& pose) {
  return scene.true_rig_from_world->R().transpose() * pose.R();
}

double Angle_deg(const Matrix3d& R) { return Eigen::AngleAxisd(R).angle() * 180 / M_PI; }

// Off the nearest of the turns by 360°/order about z, and the same turned over about x.
double PrismError_deg(const Matrix3d& turn, int order) {
  double least = 360;
  for (int i = 0; i < 2 * order; ++i) {
    const int turns = i / 2;
    const Matrix3d g = (Eigen::AngleAxisd(2 * M_PI * turns / order, Vector3d::UnitZ()) *
                        Eigen::AngleAxisd(i % 2 * M_PI, Vector3d::UnitX()))
                           .toRotationMatrix();
    least = std::min(least, Angle_deg(g.transpose() * turn));
  }
  return least;
}

// Between the two z axes, whichever way they point.
double CylinderError_deg(const Matrix3d& turn) {
  return std::asin(std::min(1.0, turn.col(2).head<2>().norm())) * 180 / M_PI;
}

// Where the object's origin is, off the truth, of its distance.
double ShiftPercent(const Scene& scene, const Rigid3d& pose) {
  const Vector3d t = scene.true_rig_from_world->translation;
  return 100 * (pose.translation - t).norm() / t.norm();
}

bool Says(const AlignResult& result, const std::string& words) {
  return result.ambiguity.find(words) != std::string::npos;
}

bool Unobserved(const AlignResult& result, const std::string& words) {
  const auto& list = result.observability->unobserved;
  return std::find(list.begin(), list.end(), words) != list.end();
}

// A mesh that is its own mirror image in z and has no other symmetry; `scale` of one half other
// than 1 breaks it.
TriangleMesh MirrorObject(double scale = 1) {
  const TriangleMesh half = MakeMultiPart(1000);
  TriangleMesh other = half;
  for (Vector3d& v : other.vertices) v = v.cwiseProduct(scale * Vector3d(1, 1, -1));
  TriangleMesh mesh = Concatenate(half, other);
  CleanMesh(&mesh);
  return mesh;
}

class Seen : public ::testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  int views() const { return std::get<0>(GetParam()); }
  bool start() const { return std::get<1>(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(ViewsAndStart, Seen,
                         ::testing::Combine(::testing::Values(1, 2), ::testing::Bool()),
                         [](const auto& info) {
                           return std::to_string(std::get<0>(info.param)) + "Views" +
                                  (std::get<1>(info.param) ? "FromAStart" : "NoStart");
                         });

TEST_P(Seen, CylinderIsRoundAboutItsAxis) {
  for (int trial = 0; trial < 2; ++trial) {
    const Scene scene = SceneOf(MakeCylinder(1, 2.6), views(), 40, trial, start());
    const AlignResult result = testing::Solve(scene);
    EXPECT_LT(CylinderError_deg(TurnFromTruth(scene, result.rig_from_world)), 0.5);
    EXPECT_LT(ShiftPercent(scene, result.rig_from_world), 1);
    EXPECT_TRUE(result.ambiguous);
    EXPECT_TRUE(Says(result, "turned by any angle about the object's z axis")) << result.ambiguity;
    ASSERT_TRUE(result.observability);
    EXPECT_EQ(result.observability->weakest, "rotation about the object's z axis");
    // At most the turned and the turned-over one, though any angle would do.
    EXPECT_LE(result.alternatives.size(), 2u);
    ASSERT_FALSE(result.alternatives.empty());
    for (const Alternative& other : result.alternatives) {
      EXPECT_EQ(other.kind, ModeKind::kSymmetry);
      EXPECT_FALSE(other.relation.empty());
      EXPECT_LT(CylinderError_deg(TurnFromTruth(scene, other.rig_from_world)), 1);
      EXPECT_EQ(other.view_iou.size(), static_cast<size_t>(views()));
    }
    EXPECT_FALSE(result.IsUsable());
  }
}

TEST_P(Seen, SixFoldPrism) {
  for (int trial = 0; trial < 2; ++trial) {
    const Scene scene = SceneOf(MakePrism(1, 1.6, 6), views(), 40, trial, start());
    const AlignResult result = testing::Solve(scene);
    EXPECT_LT(PrismError_deg(TurnFromTruth(scene, result.rig_from_world), 6), 0.5);
    EXPECT_LT(ShiftPercent(scene, result.rig_from_world), 1);
    EXPECT_TRUE(result.ambiguous);
    EXPECT_TRUE(Says(result, "every 60° about the object's z axis")) << result.ambiguity;
    EXPECT_TRUE(result.observability->unobserved.empty());
    int symmetric = 0;
    for (const Alternative& other : result.alternatives) {
      if (other.kind != ModeKind::kSymmetry || !other.fits) continue;
      ++symmetric;
      EXPECT_LT(PrismError_deg(TurnFromTruth(scene, other.rig_from_world), 6), 1);
    }
    EXPECT_GE(symmetric, 5);
    EXPECT_LE(result.alternatives.size(), 8u);
  }
}

TEST_P(Seen, SphereHasNoRotation) {
  const Scene scene = SceneOf(MakeIcosphere(1, 4), views(), 40, 0, start());
  const AlignResult result = testing::Solve(scene);
  EXPECT_LT(ShiftPercent(scene, result.rig_from_world), 1);
  EXPECT_TRUE(result.ambiguous);
  ASSERT_TRUE(result.observability);
  EXPECT_TRUE(Unobserved(result, "any rotation about the object's centre")) << result.ambiguity;
  EXPECT_TRUE(Says(result, "however it is turned"));
  EXPECT_LE(result.alternatives.size(), 1u);
}

TEST_P(Seen, MirrorTwinThroughALongLens) {
  const TriangleMesh mesh = MirrorObject();
  for (int trial = 0; trial < 3; ++trial) {
    const Scene scene = SceneOf(mesh, views(), 1, trial, start());
    const AlignResult result = testing::Solve(scene);
    EXPECT_EQ(result.ambiguous, views() == 1) << result.ambiguity;
    const Rigid3d* nearest = &result.rig_from_world;
    for (const Alternative& other : result.alternatives) {
      if (other.fits && Angle_deg(TurnFromTruth(scene, other.rig_from_world)) <
                            Angle_deg(TurnFromTruth(scene, *nearest))) {
        nearest = &other.rig_from_world;
      }
    }
    EXPECT_LT(Angle_deg(TurnFromTruth(scene, *nearest)), 1);
    if (views() > 1) continue;
    EXPECT_TRUE(Says(result, "mirror twin")) << result.ambiguity;
    ASSERT_FALSE(result.alternatives.empty());
    const Alternative& twin = result.alternatives[0];
    EXPECT_EQ(twin.kind, ModeKind::kMirrorTwin);
    EXPECT_GT(twin.view_iou[0], 0.97);
    // Mirrored in the object's z and in the camera's (about: the object is off the centre).
    const Matrix3d flip = Vector3d(1, 1, -1).asDiagonal();
    const Matrix3d expected = flip * result.rig_from_world.R() * flip;
    EXPECT_LT(Angle_deg(expected.transpose() * twin.rig_from_world.R()), 5);
  }
}

TEST(Modes, AMirrorSymmetricObjectIsNotAmbiguousThroughAShortLens) {
  for (int trial = 0; trial < 3; ++trial) {
    const Scene scene = SceneOf(MirrorObject(), 1, 45, trial, true);
    const AlignResult result = testing::Solve(scene);
    EXPECT_LT(Angle_deg(TurnFromTruth(scene, result.rig_from_world)), 0.5);
    EXPECT_FALSE(result.ambiguous) << result.ambiguity;
  }
}

// A descent has no way from the twin to the truth; what fits better must win all the same.
TEST(Modes, AStartAtTheTwinEndsAtTheTruth) {
  const Matrix3d flip = Vector3d(1, 1, -1).asDiagonal();
  for (int trial = 0; trial < 3; ++trial) {
    Scene scene = SceneOf(MirrorObject(), 1, 10, trial, false);
    const Rigid3d& truth = *scene.true_rig_from_world;
    const Vector3d center = BoundingSphere(*scene.meshes[0]).center;
    const Eigen::Quaterniond twin(Matrix3d(flip * truth.R() * flip));
    scene.initial_rig_from_world = Rigid3d(twin, Vector3d(truth * center - twin * center));
    AlignOptions options = testing::Options();
    options.restarts = 0;
    options.search_if_poor = false;
    const AlignResult result = testing::Solve(scene, options);
    EXPECT_LT(Angle_deg(TurnFromTruth(scene, result.rig_from_world)), 0.5);
    EXPECT_NE(result.termination.find("twin"), std::string::npos) << result.termination;
    testing::ExpectHonest(scene, result);
  }
}

TEST(Modes, ARoughlyMirrorSymmetricObjectIsReversed) {
  const Scene scene = SceneOf(MirrorObject(0.97), 1, 0.7, 1, true);
  const AlignResult result = testing::Solve(scene);
  EXPECT_TRUE(result.ambiguous);
  EXPECT_TRUE(Says(result, "reversal")) << result.ambiguity;
  ASSERT_FALSE(result.alternatives.empty());
  const Alternative& other = result.alternatives[0];
  EXPECT_EQ(other.kind, ModeKind::kReversal) << other.relation << other.cost_ratio;
}

TEST(Modes, AsymmetricObjectsAreNotAmbiguous) {
  const TriangleMesh meshes[] = {MakeBumpyBlob(1280, 7), MakeMultiPart(2000)};
  for (int trial = 0; trial < 8; ++trial) {
    const Scene scene = SceneOf(meshes[trial % 2], 1 + trial / 2 % 2, 40, 40 + trial, trial >= 4);
    const AlignResult result = testing::Solve(scene);
    EXPECT_LT(Angle_deg(TurnFromTruth(scene, result.rig_from_world)), 0.5);
    EXPECT_FALSE(result.ambiguous) << result.ambiguity;
    ASSERT_TRUE(result.observability);
    EXPECT_TRUE(result.observability->unobserved.empty());
    EXPECT_FALSE(result.observability->weakest.empty());
    EXPECT_EQ(result.observability->eigenvalues[5], 1);
    EXPECT_GT(result.observability->least, 5e-4);
  }
}

// Of a mesh turned and moved: no symmetry may depend on how the object lies in its frame.
MeshSymmetry SymmetryOf(TriangleMesh mesh, Matrix3d* turn) {
  Random random("symmetry", mesh.faces.size());
  const Eigen::Quaterniond rotation = random.Rotation();
  *turn = rotation.toRotationMatrix();
  for (Vector3d& v : mesh.vertices) v = rotation * v + Vector3d(3, -2, 5);
  CleanMesh(&mesh);
  CpuRasterizer rasterizer(1);
  const MeshId id = rasterizer.AddMesh(std::make_shared<ContourMesh>(mesh));
  return FindSymmetry(mesh, &rasterizer, id, id);
}

TEST(Symmetry, OrdersOfPrisms) {
  for (int order : {3, 4, 5, 6, 7, 8, 11, 12, 14}) {
    for (double height : {0.5, 1.6, 4.0}) {
      Matrix3d turn;
      const MeshSymmetry symmetry = SymmetryOf(MakePrism(1, height, order), &turn);
      ASSERT_FALSE(symmetry.axes.empty()) << order;
      EXPECT_EQ(symmetry.axes[0].order, order);
      EXPECT_GT(std::abs(symmetry.axes[0].direction.dot(turn.col(2))), 0.9999);
      EXPECT_EQ(symmetry.rotations.size(), 2u * order) << height;
      EXPECT_TRUE(symmetry.mirror);
      EXPECT_LT((symmetry.center - Vector3d(3, -2, 5)).norm(), 1e-9);
      for (const Matrix3d& g : symmetry.rotations) {
        EXPECT_LT(PrismError_deg(turn.transpose() * g * turn, order), 0.5);
      }
    }
  }
}

TEST(Symmetry, OtherObjects) {
  Matrix3d turn;
  EXPECT_EQ(SymmetryOf(MakeCube(), &turn).rotations.size(), 24u);
  TriangleMesh box = MakeCube();
  for (Vector3d& v : box.vertices) v = v.cwiseProduct(Vector3d(1, 0.6, 1.5));
  EXPECT_EQ(SymmetryOf(box, &turn).rotations.size(), 4u);

  EXPECT_TRUE(SymmetryOf(MakeIcosphere(1, 4), &turn).sphere);
  const MeshSymmetry torus = SymmetryOf(MakeTorus(1, 0.3, 64, 32), &turn);
  EXPECT_TRUE(torus.IsRound());
  EXPECT_EQ(torus.rotations.size(), 2u);
  const MeshSymmetry bowl = SymmetryOf(MakeHemisphere(1, 16, 64), &turn);
  EXPECT_TRUE(bowl.IsRound());
  EXPECT_EQ(bowl.rotations.size(), 1u);
  EXPECT_TRUE(bowl.mirror);

  const MeshSymmetry bracket = SymmetryOf(MakeLBracket(), &turn);
  EXPECT_FALSE(bracket.HasRotations());
  ASSERT_TRUE(bracket.mirror);
  const Matrix3d flip = Vector3d(1, 1, -1).asDiagonal();
  EXPECT_LT((*bracket.mirror - turn * flip * turn.transpose()).norm(), 1e-6);

  for (const TriangleMesh& mesh : {MakeBumpyBlob(1280, 7), MakeMultiPart(2000)}) {
    const MeshSymmetry none = SymmetryOf(mesh, &turn);
    EXPECT_FALSE(none.HasRotations());
    EXPECT_FALSE(none.mirror);
    EXPECT_EQ(none.rotations.size(), 1u);
  }
}

// The simpler mesh that settles what is far from alike leaves the answer the same.
TEST(Symmetry, AStandInChangesNothing) {
  TriangleMesh tall = MakeBumpyBlob(20480, 3);
  for (Vector3d& v : tall.vertices) v.z() = std::abs(v.z());  // no longer alike upside down
  for (TriangleMesh mesh : {MakeIcosphere(1, 5), MakeTorus(1, 0.3, 200, 100), tall,
                            MakeBumpyBlob(20480, 7), MakeMultiPart(30000)}) {
    CleanMesh(&mesh);
    TriangleMesh simple = SimplifyByClustering(mesh, 4000).mesh;
    CpuRasterizer rasterizer(1);
    const MeshId id = rasterizer.AddMesh(std::make_shared<ContourMesh>(mesh));
    const MeshId coarse = rasterizer.AddMesh(std::make_shared<ContourMesh>(simple));
    const MeshSymmetry plain = FindSymmetry(mesh, &rasterizer, id, id);
    const MeshSymmetry quick = FindSymmetry(mesh, &rasterizer, id, coarse);
    EXPECT_EQ(plain.sphere, quick.sphere);
    EXPECT_EQ(plain.rotations.size(), quick.rotations.size());
    EXPECT_EQ(plain.mirror.has_value(), quick.mirror.has_value());
    ASSERT_EQ(plain.axes.size(), quick.axes.size());
    for (size_t i = 0; i < plain.axes.size(); ++i) {
      EXPECT_EQ(plain.axes[i].order, quick.axes[i].order);
    }
  }
}

// One corner of a prism moved by a tenth of its radius: outlines tell.
TEST(Symmetry, ABrokenCornerIsNoSymmetry) {
  TriangleMesh prism = MakePrism(1, 1.6, 6);
  size_t corner = 0;
  while (prism.vertices[corner].head<2>().norm() < 0.5) ++corner;
  prism.vertices[corner] *= 1.3;
  Matrix3d turn;
  EXPECT_FALSE(SymmetryOf(prism, &turn).HasRotations());
}

}  // namespace
}  // namespace ceres_align
