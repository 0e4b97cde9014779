// What can be set about an alignment.
#pragma once

#include "ceres_align/align/pose_prior.h"

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
  /// Without a start: the mesh is drawn from so many directions, each compared with the masks at
  /// every turn in the image; so many candidates are scored at about 24 px, and so many of those
  /// refined there. See table_search.h.
  int search_directions = 320;
  int search_candidates = 96;
  int search_refined = 40;
  /// Where no mask is whole (all are cut off by the frame, or have ignored regions beside them): a
  /// grid of so many rotations, of which so many are refined at about 24 px.
  int search_rotations = 1152;
  int search_rotations_refined = 96;
  /// How many of those that differ go on to about 48 px, about 96 px and full size.
  int search_thinned = 16;
  int search_kept = 8;
  int search_finalists = 3;
  /// Where the best pose's outlines do not fit (OutlinesFit, verdict.h), and it is not the one that
  /// a start led to, search once more with three times as many candidates at every stage.
  bool search_again = true;
  /// A binary mask samples pixel centres, and says nothing of the rest of the pixel. Where all
  /// masks are binary and fit well, the last steps compare only the middle 1/sharp_window of each
  /// pixel with it, which brings the error to about a third to a half. Odd; 1: off.
  int sharp_window = 9;
  bool covariance = true;
  /// The verdict's lengths are taken times this. 1 is for masks that are right to a pixel or less;
  /// those of a segmentation network, and meshes or lenses that are a little wrong, need more.
  double outline_tolerance = 1;

  /// With a start whose fit is still poor at the end, or outside the prior, all rotations are
  /// searched as well and the better pose is returned. Poor: 2·cost at full size above
  /// search_misfit of Σ w T² (about 1 − IoU), or above search_misfit_per_px per px of the masks'
  /// outline (outlines about 0.6 px off), or a view's outline off by more than search_stretch_px,
  /// rms over stretches of 16 px (ContourErrors::coherent_rms_px).
  bool search_if_poor = true;
  double search_misfit = 0.1;
  double search_misfit_per_px = 0.5;
  double search_stretch_px = 0.2;
  /// What is known of the pose. With a bound on the rotation from the start, restarts keep to it.
  PosePrior prior;

  /// Throws InputError naming the field.
  void Validate() const;
};

}  // namespace ceres_align
