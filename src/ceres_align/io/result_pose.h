// The pose out of a result.json.
#pragma once

#include <filesystem>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// `rig_from_world` of a result.json as ceres_align writes it. Throws InputError naming file and
/// key, also for a run whose unknowns (scale, focal length, …) were found along with the pose: the
/// scene file does not have those, ceres_align --render draws them.
Rigid3d ReadResultPose(const std::filesystem::path& path);

}  // namespace ceres_align
