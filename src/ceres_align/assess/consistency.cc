#include "ceres_align/assess/consistency.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/assess/outline_pixels.h"

namespace ceres_align {
namespace {

constexpr size_t kFewestTiles = 8;
// The focal length is solved for where the first step is at least this long, in sigmas and at all.
constexpr double kSuspectSigmas = 1, kSuspectChange = 0.002;
constexpr int kFocalSteps = 6;
constexpr double kLongestFocalStep = 0.15;

using Vector6d = Eigen::Matrix<double, 6, 1>;
using Vector7d = Eigen::Matrix<double, 7, 1>;

// What all views are measured at.
struct Views {
  const std::vector<SilhouetteView>& views;
  const std::vector<const Target*>& targets;
  Rasterizer* rasterizer;
  double radius;
  std::vector<size_t> indices;  // of those that take part

  std::vector<ViewPixels> At(const Rigid3d& rig_from_world, double log_focal) const {
    std::vector<ViewPixels> pixels;
    for (size_t i : indices) {
      pixels.push_back(CollectOutline(views[i], *targets[i], rasterizer, radius, rig_from_world,
                                      std::exp(log_focal)));
    }
    return pixels;
  }
};

// The Gauss-Newton step of pose and focal length, and the latter's sigma.
struct FocalStep {
  Vector7d step;
  double sigma = 0, cost = 0, outline_cost = 0;
  double gain = 0;  // of cost, by the step
};

FocalStep FocalStepOf(const std::vector<ViewPixels>& views) {
  Matrix7d H = Matrix7d::Zero(), noise = Matrix7d::Zero();
  Vector7d g = Vector7d::Zero();
  FocalStep out;
  for (const ViewPixels& view : views) {
    H += view.H;
    g += view.g;
    out.cost += view.cost;
    out.outline_cost += view.outline_cost;
  }
  const Matrix7d inverse = PseudoInverse<7>(H);
  out.step = -inverse * g;
  out.gain = -0.5 * g.dot(out.step);
  for (const ViewPixels& view : views) noise += TileNoise<7>(view, out.step);
  out.sigma = std::sqrt((inverse * noise * inverse)(6, 6));
  return out;
}

void MeasureFocal(const Views& views, const std::vector<ViewPixels>& at_pose,
                  const Rigid3d& rig_from_world, double radius_over_depth, Consistency* result) {
  const FocalStep first = FocalStepOf(at_pose);
  FocalStep last = first;
  Rigid3d pose = rig_from_world;
  double log_focal = 0, part = 1;  // of the step, shorter where the cost grows
  for (int i = 0; i < kFocalSteps; ++i) {
    const double change = std::abs(last.step[6]);
    if (change < kSuspectChange || change < (i == 0 ? kSuspectSigmas : 0.1) * last.sigma) break;
    const Vector7d step = std::min(part, kLongestFocalStep / change) * last.step;
    const Rigid3d moved((ExpRotation(step.head<3>()) * pose.rotation).normalized(),
                        Eigen::Vector3d(pose.translation + views.radius * step.segment<3>(3)));
    const FocalStep next = FocalStepOf(views.At(moved, log_focal + step[6]));
    if (!(next.cost < last.cost)) {
      part /= 3;
      continue;
    }
    part = std::min(1.0, 2 * part);
    pose = moved;
    log_focal += step[6];
    last = next;
  }
  // The next step's focal length is nearer, but its pose counts only where it is small.
  const double rest = std::clamp(last.step[6], -kLongestFocalStep, kLongestFocalStep);
  result->focal_change = std::expm1(log_focal + rest);
  result->focal_sigma = last.sigma;
  if (first.outline_cost > 0) {
    result->focal_explains =
        std::clamp((first.cost - last.cost + last.gain) / first.outline_cost, 0.0, 1.0);
  }
  const Eigen::Vector3d rotation = LogRotation(pose.rotation * rig_from_world.rotation.conjugate());
  result->focal_rotation_rad = (rotation + last.step.head<3>()).norm();
  result->focal_translation =
      ((pose.translation - rig_from_world.translation) / views.radius + last.step.segment<3>(3))
          .norm() *
      radius_over_depth;
}

void MeasurePulls(const std::vector<ViewPixels>& views, double radius_over_depth,
                  Consistency* result) {
  Matrix6d H = Matrix6d::Zero();
  Vector6d g = Vector6d::Zero();
  for (const ViewPixels& view : views) {
    H += view.H.topLeftCorner<6, 6>();
    g += view.g.head<6>();
  }
  const Matrix6d inverse = PseudoInverse<6>(H);
  const Vector6d joint = -inverse * g;
  std::vector<Matrix6d> noise;
  for (const ViewPixels& view : views) {
    const Vector6d own =
        -PseudoInverse<6>(Matrix6d(view.H.topLeftCorner<6, 6>())) * view.g.head<6>();
    noise.push_back(TileNoise<6>(view, own));
  }
  for (size_t v = 0; v < views.size(); ++v) {
    const Matrix6d H_v = views[v].H.topLeftCorner<6, 6>();
    const Vector6d pull = inverse * (views[v].g.head<6>() + H_v * joint);
    Matrix6d covariance = Matrix6d::Zero();  // of pull
    for (size_t u = 0; u < views.size(); ++u) {
      Matrix6d A = -H_v * inverse;
      if (u == v) A += Matrix6d::Identity();
      covariance += inverse * A * noise[u] * A.transpose() * inverse;
    }
    ViewPull out;
    out.rotation_rad = pull.head<3>().norm();
    out.translation = pull.tail<3>().norm() * radius_over_depth;
    out.rotation_sigma_rad = std::sqrt(covariance.topLeftCorner<3, 3>().trace());
    out.translation_sigma =
        std::sqrt(covariance.bottomRightCorner<3, 3>().trace()) * radius_over_depth;
    out.chi2 = pull.dot(PseudoInverse<6>(covariance) * pull);
    result->pulls.push_back(out);
  }
}

}  // namespace

Consistency MeasureConsistency(const std::vector<SilhouetteView>& views,
                               const std::vector<const Target*>& targets, Rasterizer* rasterizer,
                               double radius, const Rigid3d& rig_from_world) {
  Consistency result;
  Views taking_part{views, targets, rasterizer, radius, {}};
  std::vector<ViewPixels> pixels;
  double depth = 0;
  for (size_t i = 0; i < views.size(); ++i) {
    ViewPixels view = CollectOutline(views[i], *targets[i], rasterizer, radius, rig_from_world);
    if (view.num_tiles < kFewestTiles) continue;
    taking_part.indices.push_back(i);
    const double z = (views[i].cam_from_rig * rig_from_world.translation).norm();
    depth = depth > 0 ? std::min(depth, z) : z;
    pixels.push_back(std::move(view));
  }
  result.view_indices = taking_part.indices;
  if (pixels.empty()) return result;
  MeasureFocal(taking_part, pixels, rig_from_world, radius / depth, &result);
  if (pixels.size() > 1) MeasurePulls(pixels, radius / depth, &result);
  return result;
}

}  // namespace ceres_align
