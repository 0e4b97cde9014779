#include "ceres_align/track/tracker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "ceres_align/assess/verdict.h"
#include "ceres_align/assess/view_assessment.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/solve/descent.h"
#include "ceres_align/track/crop.h"

namespace ceres_align {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
// Masks together with less than this, px, show nothing (as kMinForeground_px of files).
constexpr double kLeastMask_px = 16;

Eigen::Vector3d CenterOf(const Scene& scene, const PreparedMeshes& meshes) {
  if (scene.views.empty()) throw InputError("a sequence needs a camera");
  const View& view = scene.views[0];
  const auto i = static_cast<size_t>(view.mesh_index);
  if (i >= meshes.size() || meshes[i] == nullptr) throw InputError("a sequence needs a mesh");
  const Vec3 center = meshes[i]->finest().center;
  return view.world_from_object * Eigen::Vector3d(center.x, center.y, center.z);
}

AlignOptions FollowingOptions(const TrackOptions& options) {
  AlignOptions following = options.align;
  following.coarsest_width_px = options.coarsest_width_px;
  following.level_factor = options.level_factor;
  following.restarts = 0;
  following.final_step_px = std::max(options.final_step_px, following.final_step_px);
  following.final_cost_change = std::max(options.final_cost_change, following.final_cost_change);
  following.moment_translation = false;
  following.search_if_poor = false;
  return following;
}

void TakeViews(const std::vector<ViewResult>& views, TrackedFrame* frame) {
  frame->iou = frame->contour_rms_px = kNone;
  for (const ViewResult& view : views) {
    if (view.mask_empty) continue;
    if (!(view.iou >= frame->iou)) frame->iou = view.iou;
    if (!(view.contour_rms_px <= frame->contour_rms_px)) {
      frame->contour_rms_px = view.contour_rms_px;
    }
  }
}

}  // namespace

void TrackOptions::Validate() const {
  align.Validate();
  RequireOption(coarsest_width_px >= 1, "coarsest_width_px", coarsest_width_px, "at least 1");
  RequireOption(level_factor > 1, "level_factor", level_factor, "above 1");
}

const char* ToString(TrackedFrame::Status status) {
  switch (status) {
    case TrackedFrame::Status::kTracked:
      return "tracked";
    case TrackedFrame::Status::kSearched:
      return "searched";
    case TrackedFrame::Status::kLost:
      return "lost";
    case TrackedFrame::Status::kNoMask:
      return "no mask";
  }
  return "";
}

Tracker::Tracker(Scene scene, PreparedMeshes meshes, Rasterizer* rasterizer,
                 const TrackOptions& options)
    : scene_(std::move(scene)),
      meshes_(std::move(meshes)),
      rasterizer_(rasterizer),
      options_(options),
      following_(FollowingOptions(options)),
      motion_(
          (CHECK_NOTNULL(rasterizer), CHECK(!scene_.views.empty()), CenterOf(scene_, meshes_))) {
  options_.Validate();
  if (scene_.unknowns.any()) {
    throw InputError("a sequence has no unknowns beside the pose: solve for them in one frame");
  }
  if (!scene_.occluders.empty()) {
    throw InputError("a sequence has no occluders: give their pixels as ignored");
  }
}

void Tracker::TakeMasks(std::vector<ImageF> masks, std::vector<ImageF> weights) {
  if (masks.size() != scene_.views.size()) {
    throw InputError(Format("%zu masks for %zu views", masks.size(), scene_.views.size()));
  }
  if (!weights.empty() && weights.size() != masks.size()) {
    throw InputError(Format("%zu weights for %zu views", weights.size(), masks.size()));
  }
  for (size_t i = 0; i < masks.size(); ++i) {
    const Camera& camera = scene_.views[i].camera;
    if (masks[i].width != camera.width_px || masks[i].height != camera.height_px) {
      throw InputError(Format("the mask of view '%s' is %dx%d, its camera %dx%d",
                              Shown(scene_.views[i].name).c_str(), masks[i].width, masks[i].height,
                              camera.width_px, camera.height_px));
    }
    if (!weights.empty() && !weights[i].empty() &&
        (weights[i].width != camera.width_px || weights[i].height != camera.height_px)) {
      throw InputError("the weights of view '" + Shown(scene_.views[i].name) +
                       "' are not of its mask's size");
    }
    scene_.views[i].mask = std::move(masks[i]);
    scene_.views[i].weight = weights.empty() ? ImageF() : std::move(weights[i]);
  }
}

// From where the motion has the object; where that does not fit, from where it was.
bool Tracker::Follow(TrackedFrame* frame) {
  const PreparedScene prepared(cropped_, meshes_, rasterizer_, following_.coarsest_width_px,
                               following_.level_factor);
  if (FollowFrom(prepared, motion_.At(frame->frame), frame)) return true;
  return motion_.moves() && FollowFrom(prepared, *motion_.last(), frame);
}

bool Tracker::FollowFrom(const PreparedScene& prepared, const Rigid3d& start, TrackedFrame* frame) {
  Descent descent(prepared, following_, {});
  const Solution solution = descent.Run(prepared.ToRun(start));
  const PreparedScene& seen = solution.seen ? *solution.seen : prepared;
  Assessment fit;
  fit.outline_tolerance = following_.outline_tolerance;
  fit.views = JudgeViews(seen, following_.outline_tolerance, solution.rig_from_run);
  frame->rig_from_world = prepared.FromRun(solution.rig_from_run);
  TakeViews(fit.views, frame);
  return solution.status != AlignStatus::kFailed && OutlinesFit(fit);
}

void Tracker::SearchFor(TrackedFrame* frame) {
  AlignResult result = Align(scene_, meshes_, rasterizer_, options_.align);
  frame->rig_from_world = result.rig_from_world;
  TakeViews(result.views, frame);
  const bool found = result.status != AlignStatus::kFailed &&
                     result.status != AlignStatus::kNoOverlap && OutlinesFit(result);
  frame->status = !found            ? TrackedFrame::Status::kLost
                  : result.searched ? TrackedFrame::Status::kSearched
                                    : TrackedFrame::Status::kTracked;
  if (!found) frame->why = "no pose's outlines fit the masks";
  frame->result = std::move(result);
}

// What the frame says of the motion.
void Tracker::Take(TrackedFrame* frame) {
  frame->moved_deg = kNone;
  if (!frame->has_pose()) return;
  if (motion_.last()) {
    frame->moved_deg =
        RotationAngle_rad(frame->rig_from_world.rotation, motion_.last()->rotation) * 180 / M_PI;
  }
  if (frame->status == TrackedFrame::Status::kTracked) {
    motion_.Add(frame->frame, frame->rig_from_world);
  } else {
    motion_.Jump(frame->frame, frame->rig_from_world);
  }
}

TrackedFrame Tracker::Next(std::vector<ImageF> masks, std::vector<ImageF> weights) {
  TakeMasks(std::move(masks), std::move(weights));
  TrackedFrame frame;
  frame.frame = next_frame_++;
  cropped_ = CropToMasks(scene_);
  if (!ShowsAtLeast(cropped_, kLeastMask_px)) {
    frame.status = TrackedFrame::Status::kNoMask;
    frame.iou = frame.contour_rms_px = kNone;
    frame.why = "every mask is empty";
    if (motion_.last()) frame.rig_from_world = motion_.At(frame.frame);
  } else if (motion_.last() && Follow(&frame)) {
    frame.status = TrackedFrame::Status::kTracked;
  } else if (options_.search_when_lost || !motion_.last()) {
    if (motion_.last()) scene_.initial_rig_from_world.reset();
    SearchFor(&frame);
    scene_.initial_rig_from_world.reset();
  } else {
    frame.status = TrackedFrame::Status::kLost;
    frame.why = "from the last pose the outlines do not fit the masks";
  }
  if (options_.assess && frame.status == TrackedFrame::Status::kTracked) {
    scene_.initial_rig_from_world = frame.rig_from_world;
    frame.result = Align(scene_, meshes_, rasterizer_, following_);
    scene_.initial_rig_from_world.reset();
  }
  Take(&frame);
  return frame;
}

}  // namespace ceres_align
