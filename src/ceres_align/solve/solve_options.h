// What can be set about a descent from a start.
#pragma once

#include "ceres_align/scene/pose_prior.h"

namespace ceres_align {

/// Whether something is done: where its evidence asks for it, never, or always.
enum class Choice { kAuto, kOff, kOn };
/// "auto", "off", "on".
const char* ToString(Choice choice);

struct SolveOptions {
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
  /// A binary mask samples pixel centres, and says nothing of the rest of the pixel. Where all
  /// masks are binary and fit well, the last steps compare only the middle 1/sharp_window of each
  /// pixel with it, which brings the error to about a third to a half. Odd; 1: off.
  int sharp_window = 9;
  /// Masks that the sharp steps meet as clean ones are met say more yet: the very last steps then
  /// compare the middle 1/n of each pixel, n as large as the outline's length allows and at most
  /// this (Descent::Narrow). A third less error for a fifth more time; the pose is still judged by
  /// sharp_window, and its sigma is up to 1.6 times too large. Odd; up to sharp_window: off.
  int finest_window = 1;
  /// Where a part of a rendered outline lies far from its mask's (a part of the mask is missing or
  /// hidden, or does not belong to it), the last steps are repeated with weights that leave out
  /// what is far from the masks' outlines. kAuto: kept where the rest fits well (robust_finish.h).
  Choice robust = Choice::kAuto;
  /// Where a mask is larger or smaller than the object all along its outline, the last steps are
  /// repeated with the mask moved back by that much (mask_offset.h). kAuto: where it is clear and
  /// nothing else explains it, or where a step of whole pixels does (robust_finish.h).
  Choice offset = Choice::kAuto;
  /// What is known of the pose. With a bound on the rotation from the start, restarts keep to it.
  PosePrior prior;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// Throws InputError "option <field> is <value>; it must be <rule>" unless ok.
void RequireOption(bool ok, const char* field, double value, const char* rule);

}  // namespace ceres_align
