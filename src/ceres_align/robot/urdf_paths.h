// Where a URDF's meshes lie. Internal to robot/.
#pragma once

#include <filesystem>
#include <string>

#include "ceres_align/robot/robot_model.h"

namespace ceres_align::robot_internal {

/// The file that a mesh's name in `urdf_file` stands for; it exists. Throws InputError, which
/// `where` begins, naming the places that were looked at.
std::filesystem::path FindMesh(const std::string& uri, const std::filesystem::path& urdf_file,
                               const UrdfOptions& options, const std::string& where);

}  // namespace ceres_align::robot_internal
