#include "ceres_align/align/align_options.h"

#include <cmath>
#include <cstdio>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

void Require(bool ok, const char* field, double value, const char* rule) {
  if (ok) return;
  char text[160];
  std::snprintf(text, sizeof(text), "option %s is %g; it must be %s", field, value, rule);
  throw InputError(text);
}

}  // namespace

void AlignOptions::Validate() const {
  Require(coarsest_width_px >= 4, "coarsest_width_px", coarsest_width_px, "at least 4");
  Require(level_factor > 1 && level_factor <= 16, "level_factor", level_factor,
          "above 1 and at most 16");
  Require(max_iterations_per_level >= 1, "max_iterations_per_level", max_iterations_per_level,
          "at least 1");
  Require(max_iterations >= 1, "max_iterations", max_iterations, "at least 1");
  Require(max_rotation_step_rad > 0, "max_rotation_step_rad", max_rotation_step_rad, "positive");
  Require(max_translation_step > 0, "max_translation_step", max_translation_step, "positive");
  Require(restarts >= 0, "restarts", restarts, "at least 0");
  Require(restart_angle_rad > 0 && restart_angle_rad <= M_PI, "restart_angle_rad",
          restart_angle_rad, "above 0 and at most pi");
  Require(restart_misfit >= 0, "restart_misfit", restart_misfit, "at least 0");
  Require(search_rotations >= 1, "search_rotations", search_rotations, "at least 1");
  Require(search_directions >= 1, "search_directions", search_directions, "at least 1");
  Require(search_candidates >= 1, "search_candidates", search_candidates, "at least 1");
  Require(search_rotations_refined >= 1, "search_rotations_refined", search_rotations_refined,
          "at least 1");
  Require(search_refined >= 1, "search_refined", search_refined, "at least 1");
  Require(search_thinned >= 1, "search_thinned", search_thinned, "at least 1");
  Require(search_kept >= 1, "search_kept", search_kept, "at least 1");
  Require(search_finalists >= 1, "search_finalists", search_finalists, "at least 1");
  Require(sharp_window >= 1 && sharp_window % 2 == 1, "sharp_window", sharp_window,
          "odd and at least 1");
  Require(coarse_step_px >= 0, "coarse_step_px", coarse_step_px, "at least 0");
  Require(coarse_cost_change >= 0, "coarse_cost_change", coarse_cost_change, "at least 0");
  Require(search_misfit >= 0, "search_misfit", search_misfit, "at least 0");
  Require(search_misfit_per_px >= 0, "search_misfit_per_px", search_misfit_per_px, "at least 0");
  Require(search_stretch_px >= 0, "search_stretch_px", search_stretch_px, "at least 0");
  Require(outline_tolerance >= 1 && outline_tolerance <= 100, "outline_tolerance",
          outline_tolerance, "from 1 to 100");
  prior.Validate();
  Require(final_step_px >= 0, "final_step_px", final_step_px, "at least 0");
  Require(final_cost_change >= 0, "final_cost_change", final_cost_change, "at least 0");
}

}  // namespace ceres_align
