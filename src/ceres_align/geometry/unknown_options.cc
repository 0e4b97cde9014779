#include "ceres_align/geometry/unknown_options.h"

#include <cmath>
#include <cstdio>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

void Require(bool ok, const char* field, double value, const char* rule) {
  if (ok) return;
  char text[200];
  std::snprintf(text, sizeof(text), "unknown %s is %g; it must be %s", field, value, rule);
  throw InputError(text);
}

}  // namespace

void UnknownOptions::Validate() const {
  const auto sigma = [](const char* field, double value) {
    Require(value >= 0, field, value, "0 (known) or above");
  };
  sigma("scale_sigma", scale_sigma);
  sigma("focal_sigma", focal_sigma);
  sigma("principal_point_sigma_px", principal_point_sigma_px);
  sigma("rig_rotation_sigma_rad", rig_rotation_sigma_rad);
  sigma("rig_translation_sigma", rig_translation_sigma);
  Require((rig_rotation_sigma_rad > 0) == (rig_translation_sigma > 0), "rig_translation_sigma",
          rig_translation_sigma, "above 0 where the rig's rotation is unknown, and only there");
  Require(least_focal_factor > 0 && least_focal_factor <= 1, "least_focal_factor",
          least_focal_factor, "in (0, 1]");
  Require(most_focal_factor >= 1 && std::isfinite(most_focal_factor), "most_focal_factor",
          most_focal_factor, "at least 1");
  Require(focal_sigma > 0 || (least_focal_factor == 1 && most_focal_factor == 1), "focal_sigma",
          focal_sigma, "above 0 where a range of focal lengths is searched");
}

}  // namespace ceres_align
