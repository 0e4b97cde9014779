// The generated arm as files' contents: a URDF and its meshes.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/synth/robot_arm.h"

namespace ceres_align {

/// A mesh as binary STL: positions as floats.
std::string StlBytes(const TriangleMesh& mesh);
/// As COLLADA in metres, up axis z, in a node that moves it by `shift` (taken off the vertices).
std::string DaeText(const TriangleMesh& mesh, const Eigen::Vector3d& shift);

struct RobotFile {
  std::string path;  ///< below the folder of the scene
  std::string bytes;
};
/// arm_description/urdf/arm.urdf, robot "arm": links base, link_1 … link_6, flange; joints joint_1
/// … joint_6 and flange_joint (fixed). Its meshes in arm_description/meshes, in the habits that
/// such files have: package:// paths, link_2 in millimetres with a scale, link_4 as COLLADA, the
/// flange by a relative path and with an origin of its own. As collision geometry, a box, a
/// cylinder or a sphere in each link.
std::vector<RobotFile> ArmFiles(const RobotArm& arm);
/// "joint_1" … "joint_6".
std::vector<std::string> ArmJointNames();

}  // namespace ceres_align
