// A URDF file parsed by liburdfdom, with what that library keeps to itself: the order of joints and
// the errors that it only prints. Internal to robot/.
#pragma once

#include <urdf_model/model.h>
#include <urdf_world/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ceres_align::robot_internal {

struct UrdfDocument {
  urdf::ModelInterfaceSharedPtr model;   ///< never null
  std::vector<std::string> joint_order;  ///< the joints' names as they stand in the file
};

/// Throws InputError, which `name` begins, for a file that is no URDF, for xacro that was not
/// expanded, and for every error that liburdfdom prints, also where it goes on (it leaves out the
/// rest of that link).
UrdfDocument ParseUrdfDocument(const std::string& bytes, const std::string& name);

}  // namespace ceres_align::robot_internal
