// A sequence of frames: each is aligned from the last pose and its motion.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/track/motion.h"

namespace ceres_align {

struct TrackOptions {
  /// Of the alignments from no start: the first frame, and frames in which the track was lost.
  AlignOptions align;
  /// Of the alignments from the last pose: fewer, larger steps between levels, no restarts, no
  /// assessment.
  double coarsest_width_px = 80;
  double level_factor = 4;
  double final_step_px = 0.05;
  double final_cost_change = 1e-3;
  /// Only the first frame is searched, and a track that is lost stays lost until the motion finds
  /// it again: for live use, where a search (0.1 to 1 s) is too long.
  bool search_when_lost = true;
  /// Fill TrackedFrame::result for every frame (covariance, verdict): about 5 ms more a view.
  bool assess = false;

  void Validate() const;
};

struct TrackedFrame {
  enum class Status {
    kTracked,   ///< from the last pose (the first frame: from the start); the outlines fit
    kSearched,  ///< the outlines did not fit from there; all rotations were searched
    kLost,      ///< no pose's outlines fit; rig_from_world is the best, or where it was expected
    kNoMask,    ///< all masks are empty; rig_from_world is where it was expected
  };
  int frame = 0;
  Status status = Status::kLost;
  Rigid3d rig_from_world;
  double iou = 0;                     ///< the least of the views that have a mask; NaN: none
  double contour_rms_px = 0;          ///< the largest of these
  double moved_deg = 0;               ///< from the frame before that had a pose; NaN: none
  std::string why;                    ///< where it is lost: one sentence
  std::optional<AlignResult> result;  ///< of frames that were searched; of all with assess
  bool has_pose() const { return status == Status::kTracked || status == Status::kSearched; }
};
/// "tracked", "searched", "lost", "no mask".
const char* ToString(TrackedFrame::Status status);

/// Thread-compatible. The prepared meshes are kept over all frames.
class Tracker {
 public:
  /// `scene`: meshes, and views with cameras, whose masks and weights are not looked at; its start
  /// is that of the first frame. Throws InputError for options or a scene that Align refuses, for
  /// unknowns and for occluders.
  Tracker(Scene scene, PreparedMeshes meshes, Rasterizer* rasterizer, const TrackOptions& options);

  /// The next frame: a mask for each view, of its size, and weights (none, or one for each view,
  /// which may be empty). Frames count from 0. The same frames give the same poses, bit by bit, on
  /// one backend. Throws InputError for masks that CheckScene refuses.
  TrackedFrame Next(std::vector<ImageF> masks, std::vector<ImageF> weights = {});

  const Scene& scene() const { return scene_; }  ///< with the last frame's masks

 private:
  void TakeMasks(std::vector<ImageF> masks, std::vector<ImageF> weights);
  bool Follow(TrackedFrame* frame);
  bool FollowFrom(const PreparedScene& prepared, const Rigid3d& start, TrackedFrame* frame);
  void SearchFor(TrackedFrame* frame);
  void Take(TrackedFrame* frame);

  Scene scene_, cropped_;  // cropped_: of the parts of the images that show the object
  const PreparedMeshes meshes_;
  Rasterizer* const rasterizer_;
  const TrackOptions options_;
  AlignOptions following_;
  Motion motion_;
  int next_frame_ = 0;
};

}  // namespace ceres_align
