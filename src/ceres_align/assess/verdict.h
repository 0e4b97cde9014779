// Whether a result can be trusted, by tests that each catch something.
#pragma once

#include <cmath>
#include <vector>

#include "ceres_align/assess/assessment.h"

namespace ceres_align {

/// The verdict asks two things. Is it the right pose: no gross error of masks, mesh, rig, lens or
/// search? That is what all checks but the last tell. And is it exact enough for what the user
/// needs? Poor masks leave a right pose inexact, and the covariance knows it (covariance.h), so
/// outlines that are off by little are no reason to refuse, only by much.
struct VerdictLimits {
  /// Below, large parts are missing or the pose is wrong. Masks of robots by a segmentation network
  /// have 0.91 to 0.96 at the right pose.
  double least_iou = 0.8, least_mean_iou = 0.85;
  /// Where a view's mask is empty, so much of the object may still be seen, px².
  double unseen_area_px = 8;
  /// Of a mask's border on the frame's edge: above, too little outline is left.
  double most_cut = 0.5;
  /// 80 % of the outline lie within the larger of these, px and part of the object's size (the root
  /// of the mask's area). Right poses in segmentation masks that are 1 px off reach 0.9 %; other
  /// meshes and swapped masks mostly 2 % and more. A fifth may be hidden or missing.
  double p80_px = 1, p80_of_size = 0.015;
  /// χ² of a view's pull (6 degrees of freedom, heavy-tailed: right runs reach 69, with masks that
  /// are off by more than poor_masks_px 108), where the pull is at least this long (translation: of
  /// the distance).
  double most_chi2 = 75, most_chi2_of_poor = 130, pull_rad = 0.05 * M_PI / 180, pull = 0.0005;
  /// Such poor masks pull by less than they are off themselves: both lengths are larger by as much
  /// as a turn that moves the outline by this part of the misfit's scale is longer than pull_rad.
  double pull_of_misfit = 0.5;
  /// A clear change of the focal length, or a large one that is less clear; and of the outline's
  /// misfit it must explain this part. Where masks are off by more than poor_masks_px, only clear
  /// ones count: a mask that is poor all along its outline feigns large ones.
  double clear_focal = 0.01, clear_sigmas = 4.5;
  double large_focal = 0.05, large_sigmas = 1.7;
  double least_explains = 0.03, poor_masks_px = 1;
  /// A lens that was left out explains much of the misfit; noise that happens to lie like one does
  /// not.
  double lens_sigmas = 4.5, lens_explains = 0.17;
  /// Masks by networks, off by half a pixel and more, have long errors of their own.
  double lens_explains_of_uneven = 0.35, uneven_masks_px = 0.6;
  /// A principal point that is half a pixel off (pixel_center), seen only by views that need not
  /// agree on it otherwise.
  double shift_sigmas = 4, shift_explains = 0.015, least_shift_px = 0.3, most_shift_px = 0.85;
};
constexpr VerdictLimits kLimits{};

/// The name of the last check.
constexpr const char* kAccuracyCheck = "accuracy";

/// Lengths, pulls and changes of the focal length below are all taken times
/// result.outline_tolerance.
/// All tests of a usable result, passed or not, in this order; a view is one with a mask.
/// docs/verdict.md has the reasons for the figures.
///   termination    the solve met its step or cost test
///   masks          a view's mask is empty where the object would be seen, or not where it is not:
///                  wrong masks, a wrong rig
///   frame          more than half of a mask's border lies on the frame's edge: too little outline
///   overlap        IoU without specks: a wrong pose, large parts of the mask missing
///   contour        the outline is off by much: wrong mesh, swapped masks, a wrong rig
///   views          one view pulls the pose away from the others' by more than its noise: a wrong
///                  rig, swapped masks
///   focal_length   another focal length fits clearly better. Passes where the outlines do not
///                  tell it, and says how well they do; not tested where `overlap` fails
///   lens           another k1 fits clearly better, as where distortion was left out, or cx and cy
///                  that are half a pixel off (only views of a rig can tell), as where pixel_center
///                  was forgotten; not tested where `overlap` fails
///   ambiguity      another pose fits about as well
///   observability  a motion is not determined (only where result.observability is set)
///   prior          the pose is not where it was said to be (SolveOptions::prior)
///   accuracy       the pose is not known as exactly as it is required to be
/// Reads every field of the result but `checks`.
std::vector<Check> ChecksOf(const Assessment& result);

/// Whether overlap and contour pass: what the views alone say of a pose. Reads result.views.
bool OutlinesFit(const Assessment& result);

}  // namespace ceres_align
