// LinkPoses, JointColumn, WhyBeyondLimits.
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/robot/robot_model.h"

namespace ceres_align {
namespace {

double Position(const RobotJoint& joint, const Eigen::VectorXd& joint_positions) {
  if (joint.variable < 0) return 0;
  return joint.multiplier * joint_positions[joint.variable] + joint.offset;
}

Rigid3d ChildInJoint(const RobotJoint& joint, double position) {
  switch (joint.type) {
    case JointType::kRevolute:
      return {ExpRotation(position * joint.axis_in_joint), Eigen::Vector3d::Zero()};
    case JointType::kPrismatic:
      return {Eigen::Quaterniond::Identity(), position * joint.axis_in_joint};
    case JointType::kFixed:
      return {};
  }
  LOG(FATAL) << "JointType " << static_cast<int>(joint.type);
}

void CheckPositions(const RobotModel& model, const Eigen::VectorXd& joint_positions) {
  CHECK_EQ(joint_positions.size(), static_cast<Eigen::Index>(model.variable_names.size()));
}

}  // namespace

int RobotModel::FindLink(const std::string& link_name) const {
  for (size_t i = 0; i < links.size(); ++i) {
    if (links[i].name == link_name) return static_cast<int>(i);
  }
  throw InputError(file + ": has no link " + Quoted(link_name));
}

std::vector<Rigid3d> LinkPoses(const RobotModel& model, const Eigen::VectorXd& joint_positions) {
  CheckPositions(model, joint_positions);
  std::vector<Rigid3d> base_from_link(model.links.size());
  for (size_t i = 0; i < model.joints.size(); ++i) {
    const RobotJoint& joint = model.joints[i];
    base_from_link[i + 1] = base_from_link[joint.parent_link] * joint.parent_from_joint *
                            ChildInJoint(joint, Position(joint, joint_positions));
  }
  return base_from_link;
}

std::vector<Twist> JointColumn(const RobotModel& model, const Eigen::VectorXd& joint_positions,
                               int variable) {
  CHECK(variable >= 0 && variable < static_cast<int>(model.variable_names.size())) << variable;
  const std::vector<Rigid3d> base_from_link = LinkPoses(model, joint_positions);
  std::vector<Twist> twists(model.links.size());
  for (size_t i = 0; i < model.joints.size(); ++i) {
    const RobotJoint& joint = model.joints[i];
    twists[i + 1] = twists[joint.parent_link];
    if (joint.variable != variable) continue;
    const Rigid3d base_from_joint = base_from_link[joint.parent_link] * joint.parent_from_joint;
    const Eigen::Vector3d axis =
        joint.multiplier * (base_from_joint.rotation * joint.axis_in_joint);
    if (joint.type == JointType::kRevolute) {
      twists[i + 1].angular += axis;
      twists[i + 1].linear -= axis.cross(base_from_joint.translation);
    } else {
      twists[i + 1].linear += axis;
    }
  }
  return twists;
}

std::string WhyBeyondLimits(const RobotModel& model, const Eigen::VectorXd& joint_positions,
                            double tolerance) {
  CheckPositions(model, joint_positions);
  for (const RobotJoint& joint : model.joints) {
    if (joint.type == JointType::kFixed) continue;
    const double position = Position(joint, joint_positions);
    if (position >= joint.lower - tolerance && position <= joint.upper + tolerance) continue;
    const char* unit = joint.type == JointType::kRevolute ? "rad" : "m";
    return Format("joint %s is at %g %s; its limits are %g to %g", Quoted(joint.name).c_str(),
                  position, unit, joint.lower, joint.upper);
  }
  return "";
}

}  // namespace ceres_align
