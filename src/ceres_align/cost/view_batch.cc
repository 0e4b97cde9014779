#include "ceres_align/cost/view_batch.h"

#include <cmath>
#include <cstring>

#include "ceres_align/base/error.h"
#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {
namespace {

const double kMostLogChange = std::log(1.5);

std::vector<double> ValuesOf(const ViewUnknowns& unknowns, double const* const* list) {
  std::vector<double> values;
  for (const int size : unknowns.BlockSizes()) {
    values.insert(values.end(), *list, *list + size);
    ++list;
  }
  return values;
}

bool SameBytes(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&  // bytes: a NaN is equal to itself
         std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

// The blocks of values that ValuesOf has made.
ViewBlocks BlocksIn(const ViewUnknowns& unknowns, const std::vector<double>& values) {
  std::vector<const double*> list;
  const double* at = values.data();
  for (const int size : unknowns.BlockSizes()) {
    list.push_back(at);
    at += size;
  }
  return ViewBlocks(unknowns, list.data());
}

bool FarPose(const double* from, const double* to, double max_rotation_rad,
             double max_translation) {
  const Rigid3d a = FromPoseBlock(from), b = FromPoseBlock(to);
  return !(RotationAngle_rad(a.rotation, b.rotation) <= max_rotation_rad) ||
         !((b.translation - a.translation).norm() <= max_translation);
}

}  // namespace

ViewBatch::ViewBatch(Rasterizer* rasterizer) : rasterizer_(rasterizer) {
  CHECK(rasterizer != nullptr);
}

int ViewBatch::AddView(const SilhouetteView& view, const ViewBlocks& blocks) {
  CHECK(blocks.rig_from_world != nullptr);
  Entry entry;
  entry.view = view;
  entry.view.mesh_center_in_object = rasterizer_->MeshCenter(view.mesh);
  entry.blocks = blocks;
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
    const ViewBlocks &to = entry.blocks, from = BlocksIn(to.unknowns(), entry.anchor);
    const auto far_pose = [&](const double* a, const double* b) {
      return b != nullptr && FarPose(a, b, max_rotation_rad_, max_translation_);
    };
    if (far_pose(from.rig_from_world, to.rig_from_world) ||
        far_pose(from.cam_from_rig, to.cam_from_rig) ||
        far_pose(from.world_from_object, to.world_from_object)) {
      return true;
    }
    if (to.log_scale != nullptr && !(std::abs(*to.log_scale - *from.log_scale) <= kMostLogChange)) {
      return true;
    }
    for (int i = 0; to.intrinsics != nullptr && i < 2; ++i) {
      const double ratio = to.intrinsics[i] / from.intrinsics[i];
      if (!(ratio > 0 && std::abs(std::log(ratio)) <= kMostLogChange)) return true;
    }
  }
  return false;
}

void ViewBatch::EvaluateAll() {
  jobs_.clear();
  std::vector<ViewValues> values;
  values.reserve(views_.size());
  for (const Entry& entry : views_) {
    values.emplace_back(entry.view, entry.blocks);
    if (!values.back().IsValid()) {
      refused_ = true;
      return;
    }
    jobs_.push_back(values.back().Job(entry.view, entry.blocks.intrinsics != nullptr));
  }
  rasterizer_->Evaluate(jobs_, &results_);
  ++num_evaluations_;
  for (size_t i = 0; i < views_.size(); ++i) {
    Entry& entry = views_[i];
    const ViewUnknowns unknowns = entry.blocks.unknowns();
    entry.gram = BlockGram(entry.view, values[i], unknowns, results_[i]);
    entry.evaluated = ValuesOf(unknowns, entry.blocks.List().data());
  }
  evaluated_ = true;
}

void ViewBatch::PrepareForEvaluation(bool evaluate_jacobians, bool /*new_evaluation_point*/) {
  refused_ = !evaluate_jacobians && TooFar();
  if (refused_) return;
  bool same = evaluated_;
  for (const Entry& entry : views_) {
    same = same && SameBytes(entry.evaluated,
                             ValuesOf(entry.blocks.unknowns(), entry.blocks.List().data()));
  }
  if (!same) EvaluateAll();
  if (evaluate_jacobians && !refused_) {
    anchored_ = true;
    for (Entry& entry : views_) entry.anchor = entry.evaluated;
  }
}

const Eigen::MatrixXd& ViewBatch::gram(int i, double const* const* parameters) const {
  const Entry& entry = views_[i];
  CHECK(evaluated_ && SameBytes(entry.evaluated, ValuesOf(entry.blocks.unknowns(), parameters)))
      << "view " << i << ": the batch is not this problem's evaluation callback";
  return entry.gram;
}

}  // namespace ceres_align
