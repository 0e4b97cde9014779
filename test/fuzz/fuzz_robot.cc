// A robot's URDF and its joints' positions.
#include "ceres_align/base/error.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/robot/robot_model.h"
#include "fuzz.h"

namespace ceres_align::fuzz {
namespace {

void Urdf(const std::string& bytes) {
  static const std::filesystem::path mesh = Write("m.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
  const std::filesystem::path path = Write("in.urdf", bytes);
  Expect("in.urdf", [&] {
    UrdfOptions options;
    if (bytes.size() % 2 == 1) options.geometry = UrdfOptions::Geometry::kCollision;
    const RobotModel model = ReadUrdf(path, options);
    const Eigen::VectorXd q = Eigen::VectorXd::Zero(model.variable_names.size());
    for (const Rigid3d& pose : LinkPoses(model, q)) {
      Require(pose.R().allFinite() && pose.translation.allFinite(), "links' poses are finite");
    }
    WhyBeyondLimits(model, q);
  });
}

void Joints(const std::string& bytes) {
  const std::filesystem::path path = Write("in.csv", bytes);
  Expect("in.csv", [&] {
    const Eigen::MatrixXd states = ReadJointStates(path, {"a1", "a2"});
    Require(states.rows() > 0 && states.cols() == 2 && states.allFinite(),
            "states are finite, a column for each joint");
  });
}

}  // namespace

std::vector<Target> RobotTargets() { return {{"urdf", Urdf}, {"joints", Joints}}; }

}  // namespace ceres_align::fuzz
