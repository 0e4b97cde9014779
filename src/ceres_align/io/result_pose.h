// The pose out of a result.json.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// `rig_from_world` of a result.json as ceres_align writes it. Throws InputError naming file and
/// key, also for a run whose unknowns (scale, focal length, …) were found along with the pose: the
/// scene file does not have those, ceres_align --render draws them.
Rigid3d ReadResultPose(const std::filesystem::path& path);

/// Those of several objects, by their names, out of the summary that ceres_align writes for a scene
/// of several. Throws InputError likewise, and for an object that is not there or there twice.
std::vector<Rigid3d> ReadResultPoses(const std::filesystem::path& path,
                                     const std::vector<std::string>& objects);

}  // namespace ceres_align
