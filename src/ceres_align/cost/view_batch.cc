#include "ceres_align/cost/view_batch.h"

#include <cstring>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

bool SamePose(const std::array<double, 7>& a, const double* b) {
  return std::memcmp(a.data(), b, sizeof(a)) == 0;  // bytes: a NaN is equal to itself
}

}  // namespace

ViewBatch::ViewBatch(Rasterizer* rasterizer) : rasterizer_(rasterizer) {
  CHECK(rasterizer != nullptr);
}

int ViewBatch::AddView(const SilhouetteView& view, const double* pose_block) {
  CHECK(pose_block != nullptr);
  Entry entry;
  entry.view = view;
  entry.pose_block = pose_block;
  views_.push_back(entry);
  evaluated_ = anchored_ = false;
  return num_views() - 1;
}

void ViewBatch::LimitSteps(double max_rotation_rad, double max_translation) {
  max_rotation_rad_ = max_rotation_rad;
  max_translation_ = max_translation;
}

bool ViewBatch::TooFar() const {
  if (!anchored_ || max_rotation_rad_ < 0) return false;
  for (const Entry& entry : views_) {
    const Rigid3d from = FromPoseBlock(entry.anchor.data()), to = FromPoseBlock(entry.pose_block);
    if (!(RotationAngle_rad(from.rotation, to.rotation) <= max_rotation_rad_)) return true;
    if (!((to.translation - from.translation).norm() <= max_translation_)) return true;
  }
  return false;
}

void ViewBatch::PrepareForEvaluation(bool evaluate_jacobians, bool /*new_evaluation_point*/) {
  refused_ = !evaluate_jacobians && TooFar();
  if (refused_) return;
  bool same = evaluated_;
  for (const Entry& entry : views_) same = same && SamePose(entry.evaluated, entry.pose_block);
  if (!same) {
    jobs_.clear();
    for (const Entry& entry : views_) {
      jobs_.push_back(entry.view.Job(FromPoseBlock(entry.pose_block)));
    }
    rasterizer_->Evaluate(jobs_, &results_);
    ++num_evaluations_;
    for (size_t i = 0; i < views_.size(); ++i) {
      Entry& entry = views_[i];
      entry.gram = entry.view.Gram(results_[i], FromPoseBlock(entry.pose_block));
      std::memcpy(entry.evaluated.data(), entry.pose_block, sizeof(entry.evaluated));
    }
    evaluated_ = true;
  }
  if (evaluate_jacobians) {
    anchored_ = true;
    for (Entry& entry : views_) entry.anchor = entry.evaluated;
  }
}

const Matrix7d& ViewBatch::gram(int i, const double* pose_block) const {
  CHECK(evaluated_ && SamePose(views_[i].evaluated, pose_block))
      << "view " << i << ": the batch is not this problem's evaluation callback";
  return views_[i].gram;
}

}  // namespace ceres_align
