// Alternatives in words.
#pragma once

#include <cmath>
#include <string>

#include "ceres_align/scene/symmetry.h"

namespace ceres_align {

/// "the object's z axis", or "the axis (0.10, 0.90, 0.40) in the object's axes".
std::string AxisInWords(const Eigen::Vector3d& direction_in_object);
/// "turned 60° about the object's z axis"; `turn` in the object's axes.
std::string TurnInWords(const Eigen::Matrix3d& turn);
/// The same of a symmetry, with which it is: "…, by its 6-fold symmetry".
std::string SymmetricTurnInWords(const Eigen::Matrix3d& turn, const MeshSymmetry& symmetry);
/// "the object looks the same …" with the angle, the axis and the number of poses; of a symmetry
/// that has rotations.
std::string SymmetryInWords(const MeshSymmetry& symmetry);

/// How far an alternative's rotation may lie from an exact symmetry of the answer.
constexpr double kSymmetry_rad = 8 * M_PI / 180;

}  // namespace ceres_align
