// What can be set about a search over all rotations.
#pragma once

#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

struct SearchOptions {
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
  /// With a start whose fit is still poor at the end, or outside the prior, all rotations are
  /// searched as well and the better pose is returned. Poor: 2·cost at full size above
  /// search_misfit of Σ w T² (about 1 − IoU), or a view's outline off by more than
  /// search_stretch_px, rms over stretches of 16 px (ContourErrors::coherent_rms_px), unless it is
  /// off like that all along (2.5 times the median distance at most) and by less than 0.6 % of the
  /// object's size: that is what masks of a segmentation network leave at the right pose.
  bool search_if_poor = true;
  double search_misfit = 0.1;
  double search_stretch_px = 0.2;

  /// Throws InputError naming the field.
  void Validate() const;
};

}  // namespace ceres_align
