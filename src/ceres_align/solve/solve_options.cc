#include "ceres_align/solve/solve_options.h"

#include <cmath>
#include <cstdio>

#include "ceres_align/base/error.h"

namespace ceres_align {

const char* ToString(Choice choice) {
  switch (choice) {
    case Choice::kAuto:
      return "auto";
    case Choice::kOff:
      return "off";
    case Choice::kOn:
      return "on";
  }
  return "unknown";
}

void RequireOption(bool ok, const char* field, double value, const char* rule) {
  if (ok) return;
  char text[160];
  std::snprintf(text, sizeof(text), "option %s is %g; it must be %s", field, value, rule);
  throw InputError(text);
}

void SolveOptions::Validate() const {
  RequireOption(coarsest_width_px >= 4, "coarsest_width_px", coarsest_width_px, "at least 4");
  RequireOption(level_factor > 1 && level_factor <= 16, "level_factor", level_factor,
                "above 1 and at most 16");
  RequireOption(max_iterations_per_level >= 1, "max_iterations_per_level", max_iterations_per_level,
                "at least 1");
  RequireOption(max_iterations >= 1, "max_iterations", max_iterations, "at least 1");
  RequireOption(max_rotation_step_rad > 0, "max_rotation_step_rad", max_rotation_step_rad,
                "positive");
  RequireOption(max_translation_step > 0, "max_translation_step", max_translation_step, "positive");
  RequireOption(restarts >= 0, "restarts", restarts, "at least 0");
  RequireOption(restart_angle_rad > 0 && restart_angle_rad <= M_PI, "restart_angle_rad",
                restart_angle_rad, "above 0 and at most pi");
  RequireOption(restart_misfit >= 0, "restart_misfit", restart_misfit, "at least 0");
  RequireOption(sharp_window >= 1 && sharp_window % 2 == 1, "sharp_window", sharp_window,
                "odd and at least 1");
  RequireOption(finest_window >= 1 && finest_window % 2 == 1, "finest_window", finest_window,
                "odd and at least 1");
  RequireOption(coarse_step_px >= 0, "coarse_step_px", coarse_step_px, "at least 0");
  RequireOption(coarse_cost_change >= 0, "coarse_cost_change", coarse_cost_change, "at least 0");
  RequireOption(final_step_px >= 0, "final_step_px", final_step_px, "at least 0");
  RequireOption(final_cost_change >= 0, "final_cost_change", final_cost_change, "at least 0");
  prior.Validate();
}

}  // namespace ceres_align
