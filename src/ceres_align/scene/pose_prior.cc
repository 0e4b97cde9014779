#include "ceres_align/scene/pose_prior.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

constexpr double kDegrees = 180 / M_PI;

template <typename... Args>
std::string Text(const char* format, Args... args) {
  char text[200];
  std::snprintf(text, sizeof(text), format, args...);
  return text;
}

void Require(bool ok, const char* field, double value, const char* rule) {
  if (!ok) throw InputError(Text("prior: %s is %g; it must be %s", field, value, rule));
}

void RequireDirection(const Eigen::Vector3d& v, const char* field) {
  if (!v.allFinite() || v.isZero(0)) {
    throw InputError(Text("prior: %s is (%g, %g, %g); it must be finite and not zero", field, v.x(),
                          v.y(), v.z()));
  }
}

}  // namespace

void PosePrior::Validate() const {
  Require(max_rotation_rad > 0, "max_rotation_rad", max_rotation_rad, "above 0");
  Require(max_shift > 0, "max_shift", max_shift, "above 0");
  Require(min_distance >= 0, "min_distance", min_distance, "at least 0");
  Require(max_distance > min_distance, "max_distance", max_distance, "above min_distance");
  Require(max_tilt_rad > 0, "max_tilt_rad", max_tilt_rad, "above 0");
  RequireDirection(up_in_world, "up_in_world");
  RequireDirection(up_in_cam, "up_in_cam");
}

PriorTest::PriorTest(const PosePrior& prior, const std::optional<Rigid3d>& start_from_run,
                     const Rigid3d& first_cam_from_rig)
    : prior_(prior), start_(start_from_run), first_cam_from_rig_(first_cam_from_rig) {
  if (prior.NeedsStart() && !start_) {
    throw InputError("a bound on the rotation or shift from the start is given, but no start");
  }
}

double PriorTest::Distance(const Rigid3d& rig_from_run) const {
  return (first_cam_from_rig_ * rig_from_run.translation).norm();
}

double PriorTest::Tilt_rad(const Eigen::Quaterniond& rig_from_run) const {
  const Eigen::Vector3d up = first_cam_from_rig_.rotation * (rig_from_run * prior_.up_in_world);
  return std::atan2(up.cross(prior_.up_in_cam).norm(), up.dot(prior_.up_in_cam));
}

double PriorTest::Shift(const Rigid3d& rig_from_run) const {
  return (rig_from_run.translation - start_->translation).norm() / Distance(*start_);
}

bool PriorTest::AllowsRotation(const Eigen::Quaterniond& rig_from_run, double slack_rad) const {
  if (prior_.max_tilt_rad < PosePrior::kNone &&
      Tilt_rad(rig_from_run) > prior_.max_tilt_rad + slack_rad) {
    return false;
  }
  return !(prior_.max_rotation_rad < PosePrior::kNone) ||
         RotationAngle_rad(rig_from_run, start_->rotation) <= prior_.max_rotation_rad + slack_rad;
}

bool PriorTest::AllowsPlace(const Rigid3d& rig_from_run, double slack) const {
  if (!prior_.BoundsPlace()) return true;
  const double distance = Distance(rig_from_run);
  if (distance < prior_.min_distance * (1 - slack)) return false;
  if (distance > prior_.max_distance * (1 + slack)) return false;
  return !(prior_.max_shift < PosePrior::kNone) || Shift(rig_from_run) <= prior_.max_shift + slack;
}

std::string PriorTest::Broken(const Rigid3d& rig_from_run) const {
  if (Allows(rig_from_run)) return "";
  if (prior_.max_rotation_rad < PosePrior::kNone) {
    const double angle_rad = RotationAngle_rad(rig_from_run.rotation, start_->rotation);
    if (angle_rad > prior_.max_rotation_rad) {
      return Text("the pose is %.2f deg from the start, of which %g were allowed",
                  angle_rad * kDegrees, prior_.max_rotation_rad * kDegrees);
    }
  }
  if (prior_.max_tilt_rad < PosePrior::kNone) {
    const double tilt_rad = Tilt_rad(rig_from_run.rotation);
    if (tilt_rad > prior_.max_tilt_rad) {
      return Text("the object is tilted by %.2f deg, of which %g were allowed", tilt_rad * kDegrees,
                  prior_.max_tilt_rad * kDegrees);
    }
  }
  if (prior_.max_shift < PosePrior::kNone && Shift(rig_from_run) > prior_.max_shift) {
    return Text("the object is %.2f %% of its distance from the start, of which %g were allowed",
                100 * Shift(rig_from_run), 100 * prior_.max_shift);
  }
  return Text("the object is at a distance of %.6g, outside %g to %g", Distance(rig_from_run),
              prior_.min_distance, prior_.max_distance);
}

}  // namespace ceres_align
