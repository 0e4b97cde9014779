// A made-up arm of six joints for tests: its geometry and forward kinematics, with code of its own
// (nothing of robot/), so that it can judge what reads its URDF. Metres, radians.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

constexpr int kArmJoints = 6;

/// As URDF's <joint>: the joint's frame in the parent link's is the translation after the rotation
/// Rz(rpy[2])·Ry(rpy[1])·Rx(rpy[0]); the child link turns about the axis by the joint's position.
struct ArmJoint {
  Eigen::Vector3d xyz, rpy_rad, axis;
  double lower_rad, upper_rad;
};

/// Joint i hangs links[i + 1] on links[i]; links[0] is the base, the last joint is fixed and holds
/// the flange, links[7]. Reach about 1 m from the second joint. No link is symmetric; neighbours
/// overlap at the joints; every link has 2,000 to 10,000 faces, closed. Vertices are floats
/// (links[2]: thousandths of floats), so that files keep them.
struct RobotArm {
  std::array<ArmJoint, kArmJoints + 1> joints;
  std::vector<TriangleMesh> links;
};
RobotArm MakeRobotArm();

using ArmState = Eigen::Matrix<double, kArmJoints, 1>;
using ArmPoses = std::array<Eigen::Matrix4d, kArmJoints + 2>;

/// base_from_link of the eight links, as 4x4 [R t; 0 0 0 1].
ArmPoses ArmLinkPoses(const RobotArm& arm, const ArmState& positions_rad);

/// All links in the base's frame.
TriangleMesh PosedArm(const RobotArm& arm, const ArmState& positions_rad);

}  // namespace ceres_align
