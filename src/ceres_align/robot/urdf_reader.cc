// ReadUrdf.
#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/files.h"
#include "ceres_align/robot/robot_model.h"
#include "ceres_align/robot/urdf_document.h"
#include "ceres_align/robot/urdf_paths.h"

namespace ceres_align {
namespace {

Eigen::Vector3d ToEigen(const urdf::Vector3& v) { return {v.x, v.y, v.z}; }
Rigid3d ToRigid(const urdf::Pose& pose) {
  const urdf::Rotation& q = pose.rotation;
  return {Eigen::Quaterniond(q.w, q.x, q.y, q.z), ToEigen(pose.position)};
}

class UrdfReader {
 public:
  UrdfReader(const std::filesystem::path& path, const UrdfOptions& options)
      : path_(path), options_(options) {
    model_.file = Shown(path.string(), 100);
    const auto document = robot_internal::ParseUrdfDocument(ReadFile(path), model_.file);
    urdf_ = document.model;
    for (const std::string& name : document.joint_order) {
      const auto joint = urdf_->joints_.find(name);
      if (joint != urdf_->joints_.end()) in_file_order_.push_back(joint->second.get());
    }
  }

  RobotModel Read() {
    model_.name = urdf_->getName();
    AddLink(urdf_->getRoot()->name);
    // Breadth first: the list grows while it is walked.
    for (size_t link = 0; link < model_.links.size(); ++link) AddJointsBelow(link);
    CheckTree();
    for (const urdf::Joint* joint : in_file_order_) NumberVariable(*joint);
    for (RobotJoint& joint : model_.joints) FollowMimic(&joint);
    CheckGeometry();
    return std::move(model_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw InputError(model_.file + ": " + what);
  }

  void AddLink(const std::string& name) {
    RobotLink link;
    link.name = name;
    const urdf::Link& source = *urdf_->links_.at(name);
    const std::string where = model_.file + ": link " + Quoted(name);
    if (options_.geometry == UrdfOptions::Geometry::kVisual) {
      for (const auto& visual : source.visual_array) {
        link.shapes.push_back(ToShape(visual->geometry.get(), visual->origin, where));
      }
    } else {
      for (const auto& collision : source.collision_array) {
        link.shapes.push_back(ToShape(collision->geometry.get(), collision->origin, where));
      }
    }
    model_.links.push_back(std::move(link));
  }

  LinkShape ToShape(const urdf::Geometry* geometry, const urdf::Pose& origin,
                    const std::string& where) const {
    LinkShape shape;
    shape.link_from_shape = ToRigid(origin);
    if (geometry == nullptr) throw InputError(where + ": has no geometry");
    const auto positive = [&](double value, const char* what) {
      if (value > 0 && std::isfinite(value)) return value;
      throw InputError(Format("%s: %s is %g; it must be positive", where.c_str(), what, value));
    };
    switch (geometry->type) {
      case urdf::Geometry::MESH: {
        const auto& mesh = static_cast<const urdf::Mesh&>(*geometry);
        shape.kind = LinkShape::Kind::kMesh;
        shape.size = ToEigen(mesh.scale);
        if (!shape.size.allFinite() || (shape.size.array() == 0).any()) {
          throw InputError(Format("%s: the scale of mesh %s is %g %g %g; none may be 0",
                                  where.c_str(), Quoted(mesh.filename).c_str(), shape.size[0],
                                  shape.size[1], shape.size[2]));
        }
        shape.mesh = robot_internal::FindMesh(mesh.filename, path_, options_, where);
        return shape;
      }
      case urdf::Geometry::BOX: {
        shape.kind = LinkShape::Kind::kBox;
        shape.size = ToEigen(static_cast<const urdf::Box&>(*geometry).dim);
        for (double side : shape.size) positive(side, "a side of its box");
        return shape;
      }
      case urdf::Geometry::CYLINDER: {
        const auto& cylinder = static_cast<const urdf::Cylinder&>(*geometry);
        shape.kind = LinkShape::Kind::kCylinder;
        shape.size = {positive(cylinder.radius, "the radius of its cylinder"),
                      positive(cylinder.length, "the length of its cylinder"), 0};
        return shape;
      }
      case urdf::Geometry::SPHERE: {
        shape.kind = LinkShape::Kind::kSphere;
        const double radius = static_cast<const urdf::Sphere&>(*geometry).radius;
        shape.size = {positive(radius, "the radius of its sphere"), 0, 0};
        return shape;
      }
    }
    throw InputError(where + ": its geometry is of no known kind");
  }

  void AddJointsBelow(size_t link) {
    const std::string parent = model_.links[link].name;
    for (const urdf::Joint* source : in_file_order_) {
      if (source->parent_link_name != parent) continue;
      const std::string& child = source->child_link_name;
      for (const RobotLink& other : model_.links) {
        if (other.name != child) continue;
        Fail("joint " + Quoted(source->name) + ": link " + Quoted(child) + " has a parent already");
      }
      RobotJoint joint = ToJoint(*source);
      joint.parent_link = static_cast<int>(link);
      model_.joints.push_back(joint);
      AddLink(child);
    }
  }

  RobotJoint ToJoint(const urdf::Joint& source) const {
    RobotJoint joint;
    joint.name = source.name;
    joint.parent_from_joint = ToRigid(source.parent_to_joint_origin_transform);
    const std::string place = "joint " + Quoted(source.name);
    if (source.type == urdf::Joint::FIXED) return joint;
    if (source.type == urdf::Joint::FLOATING) Fail(place + " is floating, which is not supported");
    if (source.type == urdf::Joint::PLANAR) Fail(place + " is planar, which is not supported");
    const bool slides = source.type == urdf::Joint::PRISMATIC;
    joint.type = slides ? JointType::kPrismatic : JointType::kRevolute;
    joint.axis_in_joint = ToEigen(source.axis);
    const double length = joint.axis_in_joint.stableNorm();
    if (!(length > 0) || !std::isfinite(length)) Fail(place + ": its axis is 0 0 0");
    joint.axis_in_joint = joint.axis_in_joint.stableNormalized();
    if (source.limits != nullptr && source.type != urdf::Joint::CONTINUOUS) {
      joint.lower = source.limits->lower;
      joint.upper = source.limits->upper;
    }
    return joint;
  }

  void CheckTree() const {
    for (const auto& [name, link] : urdf_->links_) {
      const bool reached = std::any_of(model_.links.begin(), model_.links.end(),
                                       [&, &n = name](const auto& l) { return l.name == n; });
      if (!reached)
        Fail("link " + Quoted(name) + " does not hang on the root: its joints go round");
    }
  }

  void NumberVariable(const urdf::Joint& source) {
    if (source.mimic != nullptr) return;
    for (RobotJoint& joint : model_.joints) {
      if (joint.name != source.name || joint.type == JointType::kFixed) continue;
      joint.variable = static_cast<int>(model_.variable_names.size());
      model_.variable_names.push_back(joint.name);
    }
  }

  // A joint may mimic one that mimics another.
  void FollowMimic(RobotJoint* joint) const {
    if (joint->type == JointType::kFixed || joint->variable >= 0) return;
    const urdf::Joint* source = urdf_->joints_.at(joint->name).get();
    for (size_t steps = 0; source->mimic != nullptr; ++steps) {
      const std::string& mimicked = source->mimic->joint_name;
      const std::string place = "joint " + Quoted(source->name) + " mimics " + Quoted(mimicked);
      joint->offset += joint->multiplier * source->mimic->offset;
      joint->multiplier *= source->mimic->multiplier;
      const auto next = urdf_->joints_.find(mimicked);
      if (next == urdf_->joints_.end()) Fail(place + ", which is not there");
      if (next->second->type == urdf::Joint::FIXED) Fail(place + ", which is fixed");
      if (steps > urdf_->joints_.size()) Fail(place + ", and so on in a circle");
      source = next->second.get();
    }
    const auto& names = model_.variable_names;
    const auto found = std::find(names.begin(), names.end(), source->name);
    CHECK(found != names.end()) << source->name;
    joint->variable = static_cast<int>(found - names.begin());
  }

  void CheckGeometry() const {
    const auto has_shapes = [](const RobotLink& link) { return !link.shapes.empty(); };
    if (std::any_of(model_.links.begin(), model_.links.end(), has_shapes)) return;
    const bool visual = options_.geometry == UrdfOptions::Geometry::kVisual;
    Fail(visual ? "no link has visual geometry" : "no link has collision geometry");
  }

  const std::filesystem::path path_;
  const UrdfOptions& options_;
  RobotModel model_;
  urdf::ModelInterfaceSharedPtr urdf_;
  std::vector<const urdf::Joint*> in_file_order_;
};

}  // namespace

RobotModel ReadUrdf(const std::filesystem::path& path, const UrdfOptions& options) {
  return UrdfReader(path, options).Read();
}

}  // namespace ceres_align
