// A robot's states and their masks as one scene: the camera's pose in the robot's base (eye to
// hand) or on its flange (eye in hand). Metres and radians.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/robot/robot_model.h"

namespace ceres_align {

/// A camera and what it saw, one mask a state, of the camera's size.
struct HandEyeCamera {
  Camera camera;
  Rigid3d cam_from_first;  ///< identity for the first camera
  std::vector<ImageF> masks;
};

/// Eye in hand: what is seen, and where it stands.
struct HandEyeObject {
  int flange_link = -1;  ///< into RobotModel::links: what the cameras are mounted on
  TriangleMesh mesh;
  Rigid3d base_from_object;
};

struct HandEyeProblem {
  RobotModel model;
  Eigen::MatrixXd states;           ///< one a row, columns as RobotModel::variable_names
  std::vector<TriangleMesh> links;  ///< ReadLinkMeshes; eye in hand: not used, may be empty
  std::vector<HandEyeCamera> cameras;
  std::optional<HandEyeObject> object;  ///< there: eye in hand

  size_t num_states() const { return static_cast<size_t>(states.rows()); }
};

/// The mesh of every link, cleaned, in the link's frame, as LinkMesh reads it; those that are not
/// among `only` (empty: all are) get no faces. Throws InputError for a name that is no link's, and
/// where no link that is left has a mesh.
std::vector<TriangleMesh> ReadLinkMeshes(const RobotModel& model,
                                         const std::vector<std::string>& only = {},
                                         std::vector<std::string>* warnings = nullptr);

/// The links where the joints put them, as one cleaned mesh in the base's frame.
TriangleMesh PosedRobot(const RobotModel& model, const std::vector<TriangleMesh>& links,
                        const Eigen::VectorXd& joint_positions);

/// A view for each state and camera, by states, named state_000, … or, with several cameras,
/// state_000_cam1, …. The rig is the first camera, and the world
///   eye to hand   is the robot's base; every state has a mesh of its own, the posed robot.
///   eye in hand   is the flange's frame, in which the object moves from state to state:
///                 world_from_object = flange_from_base(state) · base_from_object.
/// Meshes are posed side by side. CHECKs sizes; throws InputError for no states, no cameras and
/// numbers of masks other than the states'.
Scene MakeHandEyeScene(const HandEyeProblem& problem);

/// The view of a state and camera in that scene.
inline size_t HandEyeView(const HandEyeProblem& problem, size_t state, size_t camera) {
  return state * problem.cameras.size() + camera;
}

/// base_from_cam or flange_from_cam of the first camera.
inline Rigid3d MountFromCam(const Rigid3d& rig_from_world) { return Inverse(rig_from_world); }

}  // namespace ceres_align
