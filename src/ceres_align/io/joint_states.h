// Joint states of a robot: one row a state; rad for turning joints, metres for sliding ones.
#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>
#include <vector>

namespace ceres_align {

/// States x joints, columns in the order of `joint_names` (a model's movable joints,
/// RobotModel::variable_names).
///
/// Text: numbers between commas, semicolons or blanks. A first line that is not numbers is a header
/// of column names, also behind '#'; other lines with '#' are comments. With a header, columns are
/// found by their names: every joint needs one, others (time, a gripper) are ignored. Without one,
/// and in .npy files (float32 or float64, told by content), the columns are the joints in their
/// order, and another number of columns is an error.
///
/// Throws InputError naming file, line (.npy: row, from 1) and value; also for no states at all and
/// for values that are not finite.
Eigen::MatrixXd ReadJointStates(const std::filesystem::path& path,
                                const std::vector<std::string>& joint_names);

/// With a header of names; 17 digits. CHECKs that the columns fit the names.
std::string JointStatesCsv(const Eigen::MatrixXd& states,
                           const std::vector<std::string>& joint_names);

}  // namespace ceres_align
