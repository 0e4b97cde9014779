// The alignment: scene + rasterizer + options → pose, quality and why it stopped.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

struct AlignOptions {
  /// Coarse to fine: at the first level the widest view is about this wide, or wider where the
  /// object is small in it; each next level is level_factor larger, all views by one factor.
  double coarsest_width_px = 12;
  double level_factor = 2;
  int max_iterations_per_level = 60;
  int max_iterations = 1000;  ///< over all levels
  /// A trial step larger than these is refused, as if its cost had grown.
  double max_rotation_step_rad = 0.35;
  double max_translation_step = 0.3;  ///< of the object's distance
  /// A level ends when a step moves the outline by less than this, or the cost falls by less
  /// than this fraction; the last level has tighter figures.
  double coarse_step_px = 0.02;
  double coarse_cost_change = 1e-4;
  double final_step_px = 1e-3;
  double final_cost_change = 1e-7;
  /// Match the masks' centroids and areas by translation before the first level.
  bool moment_translation = true;
  /// Where the fit from the start is poor (2·cost above restart_misfit of Σ w T², at a level of
  /// about 80 px), this many rotations around the start are tried as well, up to
  /// restart_angle_rad away, and the best of all goes on. 0: never.
  int restarts = 64;
  double restart_angle_rad = 1.3;
  double restart_misfit = 0.01;
  /// Without a start every rotation is tried: a grid of so many, of which so many are refined at
  /// about 48 px, then at about 100 px, then at full size. See global_search.h.
  int search_rotations = 1152;
  int search_refined = 32;
  int search_kept = 8;
  int search_finalists = 3;
  /// A binary mask samples pixel centres, and says nothing of the rest of the pixel. Where all
  /// masks are binary and fit well, the last steps compare only the middle 1/sharp_window of each
  /// pixel with it, which brings the error to about a third to a half. Odd; 1: off.
  int sharp_window = 9;
  bool covariance = true;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// One accepted or refused step, for progress lines and animations.
struct AlignIteration {
  int level;  ///< 0 is the coarsest
  int num_levels;
  int width_px, height_px;  ///< of the first view at this level
  int iteration;            ///< within the level; 0 is its start
  double cost;     ///< ½ Σ over views and pixels of w (M − T)², in pixels of this level
  double step_px;  ///< how far the step moved the outline, at most, in px of this level
  bool accepted;
  Rigid3d rig_from_world;  ///< the best pose so far at this level
};
/// Called on the thread that called Align, at each level of the descent that leads to the answer
/// (not for restarts, a search, and the steps of sharp_window); return false to stop (kStopped).
using AlignCallback = std::function<bool(const AlignIteration&)>;

enum class AlignStatus {
  kConverged,     ///< the last level met its step or cost test
  kNotConverged,  ///< iteration limit on the last level
  kNoOverlap,     ///< at the final pose the object is outside every view that has a mask
  kStopped,       ///< the callback asked to stop
  kFailed,        ///< the solver could not take a step from the start (see termination)
};
/// "converged", "not_converged", "no_overlap", "stopped", "failed".
const char* ToString(AlignStatus status);

/// Another pose that the masks allow.
struct Alternative {
  Rigid3d rig_from_world;
  /// (its cost + floor) / (the answer's + floor) at full size, both without sharp_window; floor =
  /// kCostFloorPerPx · the pairs of neighbouring pixels that the masks' outlines part, for between
  /// poses that meet the masks exactly there is nothing to choose.
  double cost_ratio;
};

struct ViewResult {
  std::string name;
  Rigid3d cam_from_world;
  Eigen::Vector3d camera_center_in_world = Eigen::Vector3d::Zero();
  double iou = 0;             ///< Σ min(M, T) / Σ max(M, T), weighted; 1 if both are empty
  double contour_rms_px = 0;  ///< rms distance between the two outlines; NaN if one has none
  bool mask_empty = false;
  bool mask_touches_frame = false;
  bool object_in_frame = false;
};

struct AlignResult {
  AlignStatus status = AlignStatus::kFailed;
  std::string termination;  ///< one sentence: which test ended the run, at which figures
  Rigid3d rig_from_world;
  std::vector<ViewResult> views;
  double initial_cost = 0;  ///< at full size, as AlignIteration::cost; final <= initial
  double final_cost = 0;
  int iterations = 0;
  int evaluations = 0;     ///< poses at which all views were rasterized
  bool restarted = false;  ///< the fit from the start was poor; others were tried too
  bool sharpened = false;  ///< the last steps compared the middles of the pixels (sharp_window)
  /// Of [ω, v]: rotation (rad) about the object's centre and its translation, in the axes of the
  /// rig's frame. Absent where the data do not determine the pose.
  std::optional<Eigen::Matrix<double, 6, 6>> covariance;
  Eigen::Vector3d object_center_in_world = Eigen::Vector3d::Zero();  ///< errors are taken there
  /// Whether all rotations were searched; else `alternatives` is empty because nobody looked.
  bool searched = false;
  std::vector<Alternative> alternatives;  ///< best first
  /// Searched, and an alternative's cost is within kAmbiguousRatio of the answer's.
  bool ambiguous = false;
  double prepare_seconds = 0;  ///< mesh clusters, pyramid
  double solve_seconds = 0;
  std::string backend;

  double MeanIou() const;  ///< over views whose mask is not empty; 0 if there is none
  /// Converged, not ambiguous, and mean IoU at least 0.85 with every non-empty mask's view at
  /// least 0.7.
  bool IsUsable() const;
};

constexpr double kAmbiguousRatio = 1.3;
constexpr double kCostFloorPerPx = 5e-4;

/// Aligns the scene to its masks, from scene.initial_rig_from_world or, where there is none, by
/// trying every rotation. With a start, the result's cost is never above the start's (without
/// one, initial_cost is that of an empty frame). Throws InputError for a scene that cannot be
/// aligned: every mask empty, a start behind the camera in every view that has a mask, or off
/// screen in all of them while options.moment_translation is off (else the start is moved to where
/// the masks are).
AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback = {});

}  // namespace ceres_align
