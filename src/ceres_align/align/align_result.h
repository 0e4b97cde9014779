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
  /// (its cost + floor) / (the answer's + floor) at full size, both without sharp_window; floor =
  /// kCostFloorPerPx · the pairs of neighbouring pixels that the masks' outlines part, for between
  /// poses that meet the masks exactly there is nothing to choose.
  double cost_ratio = std::numeric_limits<double>::infinity();
  std::vector<double> view_iou;  ///< one per view, as ViewResult::iou
  ModeKind kind = ModeKind::kOther;
  /// It fits about as well as the answer, which is thus ambiguous: cost_ratio <= kAmbiguousRatio,
  /// or a twin or reversal whose outlines lie within kTellNearFar_px of the answer's.
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
  /// Whether all rotations were searched; else `alternatives` holds only what the object's own
  /// symmetries and the exchange of near and far suggest (modes.h).
  bool searched = false;
  std::vector<Alternative> alternatives;  ///< best first
  /// An alternative fits about as well, or a motion is unobserved.
  bool ambiguous = false;
  std::string ambiguity;  ///< why, in words; empty if not ambiguous
  std::optional<Observability> observability;
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
constexpr double kTellNearFar_px = 0.5;
constexpr double kCostFloorPerPx = 5e-4;

}  // namespace ceres_align
