// What is found out about a pose: how it meets the masks, how sure it is, what else it could be,
// and a verdict.
#pragma once

#include <Eigen/Core>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/assess/misfit.h"
#include "ceres_align/modes/alternative.h"
#include "ceres_align/solve/solution.h"

namespace ceres_align {

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
  double rms_px = 0, median_px = 0, p80_px = 0, p90_px = 0;
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

/// One more number of the cameras beside the pose: the change of it that fits best.
struct NumberFit {
  double change = 0, sigma = 0;
  double explains = 0;                       ///< of the outlines' misfit
  double rotation_rad = 0, translation = 0;  ///< by which the pose would move; of the distance
};

/// Whether the views agree, and the cameras with the outlines; see consistency.h.
struct Consistency {
  std::vector<size_t> view_indices;  ///< of the views that took part
  std::vector<ViewPull> pulls;       ///< one for each of them; none if there is but one
  /// Relative change of all focal lengths that fits best with the pose free, and its sigma; how
  /// far the pose would move, and how much of the outline's misfit would go.
  double focal_change = 0, focal_sigma = 0;
  double focal_rotation_rad = 0, focal_translation = 0;  ///< translation: of the distance
  double focal_explains = 0;
  NumberFit k1;           ///< of all lenses, added to theirs; to first order
  NumberFit pixel_shift;  ///< px by which all cx and cy are too small; to first order
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
  /// px² of the mask, of the render and of what they share, weighted.
  double mask_area_px = 0, object_area_px = 0, overlap_px = 0;
  bool object_in_frame = false;
};

/// How exact a pose is: bounds that hold with 90 % probability, by the covariance.
struct Accuracy {
  double rotation_rad = 0;
  double translation = 0;  ///< of the object's centre, mesh units
  double translation_of_distance = 0;
};

/// A pose's judgement. Nothing in it moves the pose.
struct Assessment {
  AlignStatus status = AlignStatus::kFailed;
  std::string termination;  ///< one sentence: which test ended the run, at which figures
  std::vector<ViewResult> views;
  /// Of [ω, v]: rotation (rad) about the object's centre and its translation, in the axes of the
  /// rig's frame. Absent where the data do not determine the pose.
  std::optional<Eigen::Matrix<double, 6, 6>> covariance;
  std::optional<Accuracy> accuracy;                 ///< where there is a covariance
  bool accuracy_expected = false;                   ///< AssessOptions::covariance
  double require_rad = 0, require_of_distance = 0;  ///< AssessOptions'
  Eigen::Vector3d object_center_in_world = Eigen::Vector3d::Zero();  ///< errors are taken there
  std::vector<Alternative> alternatives;                             ///< best first
  /// An alternative fits about as well, or a motion is unobserved.
  bool ambiguous = false;
  std::string ambiguity;  ///< why, in words; empty if not ambiguous
  std::optional<Observability> observability;
  std::optional<Consistency> consistency;
  Misfit misfit;                 ///< of all views together
  double outline_tolerance = 1;  ///< AssessOptions'
  bool prior_given = false;
  std::string prior_broken;   ///< how the pose breaks SolveOptions::prior; empty: it does not
  std::vector<Check> checks;  ///< of the verdict; all of them, passed or not

  double MeanIou() const;  ///< over views whose mask is not empty; 0 if there is none
  /// Every check was made and passed, but perhaps that of the accuracy: it is the right pose.
  bool IsRight() const;
  /// The right pose, and as exact as required.
  bool IsUsable() const;
};

}  // namespace ceres_align
