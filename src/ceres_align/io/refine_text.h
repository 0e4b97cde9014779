// Unknowns as words: "focal", "focal=10", "scale=free".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/geometry/unknown_options.h"

namespace ceres_align {

/// Each word is name or name=sigma; "free" as sigma: nothing is known before.
///
///   scale            percent; free by default
///   focal            percent; 30 by default
///   principal_point  px; 1 % of the image's width by default
///   rig              degrees:percent of the distance between the cameras; 2:2 by default
///   offset           takes no sigma: the masks' offset is estimated (SolveOptions::offset)
///
/// Sets the sigmas of `options`; returns whether "offset" is among them. `width_px`: of the first
/// view. Throws InputError that begins with `where`.
bool ReadUnknowns(const std::vector<std::string>& words, double width_px, std::string_view where,
                  UnknownOptions* options);

}  // namespace ceres_align
