#include "ceres_align/synth/object_pair.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/point_sampler.h"

namespace ceres_align {
namespace {

// Radii of the bounding spheres in the image, of its height.
constexpr double kFartherRadius = 0.28, kNearerRadius = 0.24;
constexpr double kGap = 0.3;  // between the spheres, of the farther's radius
constexpr int kBisections = 10, kMostTurns = 30;

Rigid3d Placed(const Eigen::Quaterniond& rotation, const Eigen::Vector3d& center_in_mesh,
               const Eigen::Vector3d& center_in_rig) {
  return Rigid3d(rotation, Eigen::Vector3d(center_in_rig - rotation * center_in_mesh));
}

double Area(const ImageF& mask) {
  double area = 0;
  for (const float value : mask.pixels) area += value;
  return area;
}

ImageF Without(const ImageF& mask, const ImageF& before) {
  ImageF seen = mask;
  for (size_t i = 0; i < seen.pixels.size(); ++i) {
    if (before.pixels[i] > 0) seen.pixels[i] = 0;
  }
  return seen;
}

double HiddenShare(const ImageF& mask, const ImageF& before) {
  return 1 - Area(Without(mask, before)) / Area(mask);
}

}  // namespace

ObjectPair MakeObjectPair(const TriangleMesh& farther, const TriangleMesh& nearer,
                          const ObjectPairOptions& options, Random* random) {
  CHECK(random != nullptr);
  CHECK_GE(options.num_views, 1);
  const Camera& camera = options.camera;
  ObjectPair pair;
  PairMember &far = pair.farther, &near = pair.nearer;
  far.mesh = farther;
  near.mesh = nearer;
  const Sphere ball = BoundingSphere(far.mesh);
  const double f = camera.fx_px, height = camera.height_px;
  const double depth = ball.radius * f / (kFartherRadius * height);
  // Where a nearer ball of that size in the image keeps the gap: its radius is of its depth.
  const double of_depth = kNearerRadius * height / f;
  const double near_depth = (depth - (1 + kGap) * ball.radius) / (1 + of_depth);
  const double scale = of_depth * near_depth / BoundingSphere(near.mesh).radius;
  for (Eigen::Vector3d& vertex : near.mesh.vertices) vertex *= scale;
  const Sphere near_ball = BoundingSphere(near.mesh);
  const auto at = [&](double x_px, double y_px, double z) {
    return Eigen::Vector3d(z * camera.Ray(0.5 * camera.width_px + x_px, 0.5 * height + y_px));
  };
  const double angle = random->Uniform(-0.6, 0.6) + (random->Uniform() < 0.5 ? 0 : M_PI);
  const Eigen::Vector2d along(std::cos(angle), std::sin(angle));
  const Eigen::Vector2d start = -0.1 * height * along;
  const Eigen::Vector3d center = at(start.x(), start.y(), depth);
  Eigen::Quaterniond turn;
  ImageF whole;
  const auto hidden_at = [&](double apart_px) {
    const Eigen::Vector2d px = start + apart_px * along;
    near.rig_from_world = Placed(turn, near_ball.center, at(px.x(), px.y(), near_depth));
    return HiddenShare(whole, RenderMask(near.mesh, near.rig_from_world, camera));
  };
  for (int i = 0; i < kMostTurns; ++i) {
    far.rig_from_world = Placed(random->Rotation(), ball.center, center);
    turn = random->Rotation();
    whole = RenderMask(far.mesh, far.rig_from_world, camera);
    if (hidden_at(0) > options.hidden_share) break;
  }
  double low = 0, high = (kFartherRadius + kNearerRadius) * height;  // px apart
  for (int i = 0; i < kBisections; ++i) {
    const double apart = 0.5 * (low + high);
    pair.hidden_share = hidden_at(apart);
    (pair.hidden_share > options.hidden_share ? low : high) = apart;
  }
  const Eigen::Vector3d near_center = near.rig_from_world * near_ball.center;
  const Eigen::Vector3d between = center - near_center;
  const Eigen::Vector3d middle =
      near_center + between.normalized() * (near_ball.radius + 0.5 * (between.norm() - ball.radius -
                                                                      near_ball.radius));
  for (int view = 0; view < options.num_views; ++view) {
    const Eigen::Quaterniond around =
        ExpRotation({0, view * options.rig_angle_deg * M_PI / 180, 0});
    const Rigid3d cam(around, Eigen::Vector3d(center - around * center));
    pair.cam_from_rig.push_back(cam);
    for (PairMember* member : {&far, &near}) {
      member->whole.push_back(RenderMask(member->mesh, cam * member->rig_from_world, camera));
    }
    const bool as_named = (cam.TargetOriginInSource() - middle).dot(between) < 0;
    const ImageF &a = far.whole.back(), &b = near.whole.back();
    far.seen.push_back(as_named ? Without(a, b) : a);
    near.seen.push_back(as_named ? b : Without(b, a));
  }
  return pair;
}

}  // namespace ceres_align
