#include "ceres_align/track/motion.h"

#include <glog/logging.h>

namespace ceres_align {

void Motion::Add(int frame, const Rigid3d& rig_from_world) {
  if (!last_) return Jump(frame, rig_from_world);
  CHECK_GT(frame, last_frame_);
  const double per_frame = 1.0 / (frame - last_frame_);
  rotation_rad_ =
      per_frame * LogRotation((rig_from_world.rotation * last_->rotation.conjugate()).normalized());
  shift_ = per_frame * (rig_from_world * center_in_world_ - *last_ * center_in_world_);
  moves_ = true;
  last_ = rig_from_world;
  last_frame_ = frame;
}

void Motion::Jump(int frame, const Rigid3d& rig_from_world) {
  last_ = rig_from_world;
  last_frame_ = frame;
  moves_ = false;
  rotation_rad_.setZero();
  shift_.setZero();
}

Rigid3d Motion::At(int frame) const {
  CHECK(last_.has_value());
  const int frames = frame - last_frame_;
  const Eigen::Quaterniond rotation =
      (ExpRotation(frames * rotation_rad_) * last_->rotation).normalized();
  const Eigen::Vector3d center = *last_ * center_in_world_ + frames * shift_;
  return Rigid3d(rotation, Eigen::Vector3d(center - rotation * center_in_world_));
}

}  // namespace ceres_align
