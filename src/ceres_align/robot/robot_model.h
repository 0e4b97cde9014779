// A robot: a tree of links hung on joints, from a URDF. Metres and radians throughout.
#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

enum class JointType { kFixed, kRevolute, kPrismatic };  // continuous: kRevolute without limits

/// At position p the child link's frame is that of the joint turned about, or moved along, the
/// axis: parent_from_child = parent_from_joint · Exp(p·axis). p = multiplier·q[variable] + offset.
struct RobotJoint {
  std::string name;
  JointType type = JointType::kFixed;
  int parent_link = -1;
  Rigid3d parent_from_joint;
  Eigen::Vector3d axis_in_joint = Eigen::Vector3d::UnitX();  ///< unit length
  double lower = -std::numeric_limits<double>::infinity();   ///< of p, rad or m
  double upper = std::numeric_limits<double>::infinity();
  int variable = -1;      ///< which joint position moves it; −1: fixed
  double multiplier = 1;  ///< other than 1 and 0 only where the joint mimics another
  double offset = 0;
};

/// A piece of a link's geometry.
struct LinkShape {
  enum class Kind { kMesh, kBox, kCylinder, kSphere };
  Kind kind = Kind::kMesh;
  Rigid3d link_from_shape;
  std::filesystem::path mesh;  ///< kMesh: the file
  /// kMesh: scale per axis; kBox: side lengths; kCylinder: radius, length (along z, centred), –;
  /// kSphere: radius, –, –.
  Eigen::Vector3d size = Eigen::Vector3d::Ones();
};

struct RobotLink {
  std::string name;
  std::vector<LinkShape> shapes;  ///< may be empty
};

/// links[0] is the root, whose frame is the base; joints[i] moves links[i + 1]; parents come before
/// their children.
struct RobotModel {
  std::string name;
  std::string file;  ///< as it stands in messages
  std::vector<RobotLink> links;
  std::vector<RobotJoint> joints;
  /// The joints that joint positions q are given for: movable and not mimicking another, in the
  /// order in which they stand in the file.
  std::vector<std::string> variable_names;

  /// The link's index. Throws InputError if there is none of that name.
  int FindLink(const std::string& link_name) const;
};

struct UrdfOptions {
  enum class Geometry { kVisual, kCollision };
  Geometry geometry = Geometry::kVisual;
  /// What package://NAME/… stands for, by name: the folder of package NAME.
  std::map<std::string, std::filesystem::path> packages;
  /// Folders that are the package themselves or hold it, asked in this order for other names. Then
  /// the folders above the URDF file are asked, the nearest first.
  std::vector<std::filesystem::path> package_roots;
};

/// Reads a URDF (with liburdfdom): links; joints that are revolute, continuous, prismatic or fixed,
/// also mimicking another; their origins, axes and limits; geometry of the chosen kind, any number
/// a link: meshes (a path, absolute or relative to the URDF's folder, file:// or package://) with
/// scale, boxes, cylinders, spheres. Mesh files must exist; they are not read yet. What else a URDF
/// may say (inertia, transmissions, materials, sensors) is not used.
///
/// Throws InputError naming the file, the link or joint and the value: for XML that cannot be read,
/// xacro that was not expanded, anything that liburdfdom finds wrong, floating and planar joints, a
/// link with two parents or none on the way to the root, a mimicked joint that is not there, sizes
/// that are not positive, a scale of 0, a mesh that is not found, no geometry of that kind at all.
RobotModel ReadUrdf(const std::filesystem::path& path, const UrdfOptions& options = {});

/// base_from_link of every link. `joint_positions` has one value per variable (CHECKed).
std::vector<Rigid3d> LinkPoses(const RobotModel& model, const Eigen::VectorXd& joint_positions);

/// How a rigid body moves: a point at p (in the base frame) at linear + angular × p per unit.
struct Twist {
  Eigen::Vector3d angular = Eigen::Vector3d::Zero();
  Eigen::Vector3d linear = Eigen::Vector3d::Zero();  ///< of the point at the base's origin

  Eigen::Vector3d VelocityAt(const Eigen::Vector3d& point_in_base) const {
    return linear + angular.cross(point_in_base);
  }
};
/// The twist of every link, in the base frame, per unit of q[variable]: zero for links that it does
/// not move; joints that mimic it are included.
std::vector<Twist> JointColumn(const RobotModel& model, const Eigen::VectorXd& joint_positions,
                               int variable);

/// The first joint beyond its limits by more than `tolerance` (rad or m), as a sentence ("joint
/// "a2" is at 90 rad; its limits are -2 to 2"); empty: none is.
std::string WhyBeyondLimits(const RobotModel& model, const Eigen::VectorXd& joint_positions,
                            double tolerance = 1e-3);

/// All shapes of a link in one mesh, in the link's frame, metres; no faces if it has no shape.
/// Cylinders are prisms of 128 sides, spheres have 48 rings of 96 faces: their outlines are off by
/// at most 1.6e-4 and 2.8e-4 of the radius, inwards and outwards alike. Reads mesh files (LoadMesh
/// in io/mesh_io.h; throws as it does, naming the link), whose warnings are added to `warnings`.
TriangleMesh LinkMesh(const RobotModel& model, int link,
                      std::vector<std::string>* warnings = nullptr);

}  // namespace ceres_align
