#include "ceres_align/synth/robot_scene.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

Rigid3d ToRigid(const Eigen::Matrix4d& m) {
  return {Eigen::Matrix3d(m.topLeftCorner<3, 3>()), Vector3d(m.topRightCorner<3, 1>())};
}

// z towards `at`, x level, then rolled.
Rigid3d BaseFromCamLookingAt(const Vector3d& eye, const Vector3d& at, double roll_rad) {
  Eigen::Matrix3d R;
  R.col(2) = (at - eye).normalized();
  R.col(0) = R.col(2).cross(Vector3d::UnitZ()).normalized();
  R.col(1) = R.col(2).cross(R.col(0));
  R = R * Eigen::AngleAxisd(roll_rad, Vector3d::UnitZ()).toRotationMatrix();
  return {R, eye};
}

bool AllInFrame(const std::vector<Vector3d>& points, const Rigid3d& cam_from_points,
                const Camera& camera) {
  constexpr double kMargin_px = 6;
  return std::all_of(points.begin(), points.end(), [&](const Vector3d& point) {
    const Vector3d p = cam_from_points * point;
    if (p.z() < 0.05) return false;
    const Eigen::Vector2d px = camera.Project(p);
    return px.x() > kMargin_px && px.x() < camera.width_px - kMargin_px && px.y() > kMargin_px &&
           px.y() < camera.height_px - kMargin_px;
  });
}

ArmState RandomState(const RobotArm& arm, Random* random) {
  ArmState state;
  for (int i = 0; i < kArmJoints; ++i) {
    state[i] = random->Uniform(arm.joints[i].lower_rad, arm.joints[i].upper_rad);
  }
  return state;
}

bool IsGoodForFixedCamera(const RobotArm& arm, const ArmState& state, const Camera& camera,
                          const Rigid3d& cam_from_base) {
  const ArmPoses poses = ArmLinkPoses(arm, state);
  for (size_t i = 2; i < poses.size(); ++i) {
    if (poses[i](2, 3) < 0.12) return false;
  }
  const TriangleMesh posed = PosedArm(arm, state);
  return AllInFrame(posed.vertices, cam_from_base, camera);
}

// The camera may look past its own hand.
bool HandHidesObject(const RobotArm& arm, const RobotScene& scene, const ArmState& state,
                     const Camera& camera, const Rigid3d& cam_from_base) {
  const Camera small =
      camera.Scaled(std::max(1, camera.width_px / 4), std::max(1, camera.height_px / 4));
  const ImageF arm_mask = RenderMask(PosedArm(arm, state), cam_from_base, small);
  const ImageF object = RenderMask(scene.object, cam_from_base * scene.base_from_object, small);
  for (size_t i = 0; i < object.pixels.size(); ++i) {
    if (object.pixels[i] > 0 && arm_mask.pixels[i] > 0) return true;
  }
  return false;
}

bool IsGoodForHand(const RobotArm& arm, const RobotScene& scene, const ArmState& state,
                   const Camera& camera) {
  const ArmPoses poses = ArmLinkPoses(arm, state);
  const Rigid3d base_from_cam = ToRigid(poses.back()) * scene.mount_from_cam;
  const Rigid3d cam_from_base = Inverse(base_from_cam);
  const Vector3d center = cam_from_base * scene.base_from_object.translation;
  const bool near = center.z() > 0.35 && center.norm() < 0.75 && center.head<2>().norm() < 0.2;
  if (!near || base_from_cam.translation.z() < 0.15) return false;
  return AllInFrame(scene.object.vertices, cam_from_base * scene.base_from_object, camera) &&
         !HandHidesObject(arm, scene, state, camera, cam_from_base);
}

void AddObject(RobotScene* scene, Random* random) {
  constexpr double kScale = 0.06;
  scene->object = MakeMultiPart(4000);
  const Sphere sphere = BoundingSphere(scene->object);
  for (Vector3d& v : scene->object.vertices) v = kScale * (v - sphere.center);
  scene->base_from_object = {random->Rotation(),
                             {random->Uniform(0.45, 0.6), random->Uniform(-0.15, 0.15), 0.0}};
  double low = 0;
  for (const Vector3d& v : scene->object.vertices) {
    low = std::min(low, (scene->base_from_object.rotation * v).z());
  }
  scene->base_from_object.translation.z() = -low;
}

}  // namespace

RobotScene MakeRobotScene(const RobotArm& arm, const Camera& camera, int num_states,
                          bool eye_in_hand, uint64_t seed) {
  constexpr double kDeg = M_PI / 180;
  Random random(seed);
  RobotScene scene;
  scene.eye_in_hand = eye_in_hand;
  if (eye_in_hand) {
    AddObject(&scene, &random);
    const Vector3d tilt_rad = random.Uniform(4, 12) * kDeg * random.UnitVector();
    const Vector3d roll_rad = random.Uniform(-M_PI, M_PI) * Vector3d::UnitZ();
    scene.mount_from_cam = {
        ExpRotation(roll_rad) * ExpRotation(tilt_rad),
        {random.Uniform(-0.06, -0.04), random.Uniform(0.03, 0.06), random.Uniform(0.05, 0.08)}};
  } else {
    const double azimuth_rad = random.Uniform(-M_PI, M_PI);
    const double elevation_rad = random.Uniform(10, 40) * kDeg;
    const Vector3d at(random.Uniform(-0.1, 0.1), random.Uniform(-0.1, 0.1),
                      random.Uniform(0.4, 0.5));
    const Vector3d away(std::cos(elevation_rad) * std::cos(azimuth_rad),
                        std::cos(elevation_rad) * std::sin(azimuth_rad), std::sin(elevation_rad));
    scene.mount_from_cam = BaseFromCamLookingAt(at + random.Uniform(1.4, 1.8) * away, at,
                                                random.Uniform(-15, 15) * kDeg);
  }
  const Rigid3d cam_from_mount = Inverse(scene.mount_from_cam);
  int64_t tries = 0;
  while (static_cast<int>(scene.states_rad.size()) < num_states) {
    CHECK_LT(tries++, int64_t{20000000}) << "no states for this camera";
    const ArmState state = RandomState(arm, &random);
    const bool good = eye_in_hand ? IsGoodForHand(arm, scene, state, camera)
                                  : IsGoodForFixedCamera(arm, state, camera, cam_from_mount);
    if (good) scene.states_rad.push_back(state);
  }
  return scene;
}

ImageF RobotMask(const RobotArm& arm, const RobotScene& scene, const ArmState& positions_rad,
                 const Camera& camera, int samples_per_axis) {
  if (!scene.eye_in_hand) {
    return RenderMask(PosedArm(arm, positions_rad), Inverse(scene.mount_from_cam), camera,
                      samples_per_axis);
  }
  const Rigid3d base_from_flange = ToRigid(ArmLinkPoses(arm, positions_rad).back());
  const Rigid3d cam_from_base = Inverse(base_from_flange * scene.mount_from_cam);
  return RenderMask(scene.object, cam_from_base * scene.base_from_object, camera, samples_per_axis);
}

}  // namespace ceres_align
