// What an alignment returns: the pose, how sure it is, what else it could be, and a verdict.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

enum class AlignStatus {
  kConverged,     ///< the last level met its step or cost test
  kNotConverged,  ///< iteration limit on the last level
  kNoOverlap,     ///< at the final pose the object is outside every view that has a mask
  kStopped,       ///< the callback asked to stop
  kFailed,        ///< the solver could not take a step from the start (see termination)
};
/// "converged", "not_converged", "no_overlap", "stopped", "failed".
const char* ToString(AlignStatus status);

/// Why another pose fits about as well as the answer.
enum class ModeKind {
  kOther,       ///< it looks alike, though the object is not symmetric: the masks do not tell
  kSymmetry,    ///< the object looks the same turned into it: its own rotational symmetry
  kMirrorTwin,  ///< the object is its own mirror image, and the masks hardly tell near from far
  kReversal,    ///< the same without the object's mirror symmetry: depth-reversed, by a long lens
};
/// "other", "symmetry", "mirror_twin", "reversal".
const char* ToString(ModeKind kind);

/// Another pose that the masks allow.
struct Alternative {
  Rigid3d rig_from_world;
  /// (its cost + floor) / (the answer's + floor) at full size, both without sharp_window, over the
  /// pixels in which the two are not both empty or both full (pose_contest.h); floor =
  /// kCostFloorPerPx · the pairs of neighbouring pixels that the masks' outlines part, for between
  /// poses that meet the masks exactly there is nothing to choose.
  double cost_ratio = std::numeric_limits<double>::infinity();
  std::vector<double> view_iou;  ///< one per view, as ViewResult::iou
  ModeKind kind = ModeKind::kOther;
  /// It fits about as well as the answer, which is thus ambiguous: cost_ratio <= kAmbiguousRatio,
  /// or a twin or reversal whose outlines lie within kTellNearFar_px of the answer's, unless the
  /// masks are so clean that its cost is over kFarWorse times the answer's; within kNeverTell_px
  /// always.
  bool fits = false;
  std::string relation;  ///< in words: how it lies to the answer
};

/// How well the masks see each way the object could move.
struct Observability {
  /// Of H = Σ w JᵀJ by [radius·ω, v] (as the covariance's; mesh units), relative to the largest,
  /// ascending; column i of `directions` is the motion, a unit vector.
  Eigen::Matrix<double, 6, 1> eigenvalues = Eigen::Matrix<double, 6, 1>::Zero();
  Eigen::Matrix<double, 6, 6> directions = Eigen::Matrix<double, 6, 6>::Zero();
  std::string weakest;  ///< the weakest direction in words, in the object's terms
  /// The least information on any motion, relative to that on the best seen shift, distance taken
  /// as a fraction (observability.h): below kUnobserved the motion is in `unobserved`.
  double least = 0;
  std::vector<std::string> unobserved;  ///< in words, those that the masks do not determine
};

/// One of the tests that a usable result passes.
struct Check {
  std::string name;  ///< "contour", "iou", …: see verdict.h
  bool passed = true;
  std::string message;  ///< one sentence with figures
};

/// How a render's outline lies to the mask's, at level 0.5; see MeasureContour. Zero if either
/// has none.
struct ContourErrors {
  /// Distances from the render's outline to the nearest of the mask's, px.
  double rms_px = 0, median_px = 0, p90_px = 0;
  /// Rms of the distances both ways, the mask's specks included; NaN if either has no outline.
  double both_rms_px = std::numeric_limits<double>::quiet_NaN();
  double far_px = 0;        ///< the distance beyond which a point counts as far
  double share_far = 0;     ///< of the render's outline: the mask has none near it
  double share_beyond = 0;  ///< the mask's outline far outside the render, per render's outline
  double share_holes = 0;   ///< the mask's outline far inside the render, likewise
  /// Of the points that are not far, signed: > 0 where the mask is larger than the render.
  double signed_mean_px = 0;
  double coherent_rms_px = 0;  ///< of their means over stretches of about 16 px
  double long_rms_px = 0;      ///< … of about a third of the object's size (16 px at least)
  double iou = 0;              ///< without the mask's specks
};

/// How one view pulls the pose against the others, at the optimum of all of them.
struct ViewPull {
  double rotation_rad = 0, translation = 0;              ///< translation: of the object's distance
  double rotation_sigma_rad = 0, translation_sigma = 0;  ///< of the noise in the pull
  double chi2 = 0;  ///< the pull against its noise, 6 degrees of freedom
};

/// Whether the views agree, and the focal length with the outlines; see consistency.h.
struct Consistency {
  std::vector<size_t> view_indices;  ///< of the views that took part
  std::vector<ViewPull> pulls;       ///< one for each of them; none if there is but one
  /// Relative change of all focal lengths that fits best with the pose free, and its sigma; how
  /// far the pose would move, and how much of the outline's misfit would go.
  double focal_change = 0, focal_sigma = 0;
  double focal_rotation_rad = 0, focal_translation = 0;  ///< translation: of the distance
  double focal_explains = 0;
};

struct ViewResult {
  std::string name;
  Rigid3d cam_from_world;
  Eigen::Vector3d camera_center_in_world = Eigen::Vector3d::Zero();
  double iou = 0;             ///< Σ min(M, T) / Σ max(M, T), weighted; 1 if both are empty
  double contour_rms_px = 0;  ///< rms distance between the two outlines; NaN if one has none
  ContourErrors contour;
  bool mask_empty = false;
  bool mask_touches_frame = false;
  double cut_share = 0;  ///< of the mask's border: along the frame's edge, where the object goes on
  double mask_area_px = 0, object_area_px = 0;  ///< px² of the mask and of the render, weighted
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
  /// Whether all rotations were searched; else `alternatives` holds only what the object's own
  /// symmetries and the exchange of near and far suggest (modes.h).
  bool searched = false;
  std::vector<Alternative> alternatives;  ///< best first
  /// An alternative fits about as well, or a motion is unobserved.
  bool ambiguous = false;
  std::string ambiguity;  ///< why, in words; empty if not ambiguous
  std::optional<Observability> observability;
  std::optional<Consistency> consistency;
  double outline_tolerance = 1;  ///< AlignOptions'
  bool prior_given = false;
  std::string prior_broken;    ///< how the pose breaks AlignOptions::prior; empty: it does not
  std::vector<Check> checks;   ///< of the verdict; all of them, passed or not
  double prepare_seconds = 0;  ///< mesh clusters, pyramid
  double solve_seconds = 0;
  std::string backend;

  double MeanIou() const;  ///< over views whose mask is not empty; 0 if there is none
  /// Every check was made and passed.
  bool IsUsable() const;
};

constexpr double kAmbiguousRatio = 1.3;
/// rms; what tells near from far through a long lens is less than what masks usually err by.
constexpr double kTellNearFar_px = 0.5, kNeverTell_px = 0.2, kFarWorse = 10;
constexpr double kCostFloorPerPx = 5e-4;

}  // namespace ceres_align
