// Poses relative to an answer: the object turned, or near and far exchanged.
#pragma once

#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Of the mesh (not a level of detail) that the first view with a mask shows.
inline MeshId MeshOf(const PreparedScene& prepared) {
  return prepared.ViewsAt(prepared.last_level(), 1)[prepared.FirstWithMask()].mesh;
}
/// And its symmetry.
inline const MeshSymmetry& SymmetryOf(const PreparedScene& prepared) {
  const View& view = prepared.scene().views[prepared.FirstWithMask()];
  return prepared.mesh(view.mesh_index).Symmetry(prepared.rasterizer());
}

/// The answer as the first view with a mask sees it, and other poses relative to it.
class ModeFrame {
 public:
  /// `center` (object's frame) keeps its place in the poses made here.
  ModeFrame(const PreparedScene& prepared, const Rigid3d& rig_from_world,
            const Eigen::Vector3d& center)
      : center_(center) {
    const View& view = prepared.scene().views[prepared.FirstWithMask()];
    rig_from_cam_ = Inverse(view.cam_from_rig);
    object_from_world_ = Inverse(view.world_from_object);
    cam_from_object_ = Of(rig_from_world);
    const Eigen::Vector3d ray = (cam_from_object_ * center).normalized();
    near_far_ = Eigen::Matrix3d::Identity() - 2 * ray * ray.transpose();
  }
  /// The rotation of the object, in its own axes, that leads from the answer to a pose.
  Eigen::Matrix3d TurnTo(const Rigid3d& rig_from_world) const {
    return cam_from_object_.R().transpose() * Of(rig_from_world).R();
  }
  /// The reflection of the object that, seen with near and far exchanged, gives a pose.
  Eigen::Matrix3d ReflectionTo(const Rigid3d& rig_from_world) const {
    return cam_from_object_.R().transpose() * near_far_ * Of(rig_from_world).R();
  }
  Rigid3d Turned(const Eigen::Matrix3d& turn) const { return With(cam_from_object_.R() * turn); }
  Rigid3d Exchanged(const Eigen::Matrix3d& mirror) const {
    return With(near_far_ * cam_from_object_.R() * mirror);
  }

 private:
  Rigid3d Of(const Rigid3d& rig_from_world) const {
    return Inverse(rig_from_cam_) * rig_from_world * Inverse(object_from_world_);
  }
  // rig_from_world with this rotation in the camera, the object's centre where it is.
  Rigid3d With(const Eigen::Matrix3d& R) const {
    const Eigen::Quaterniond rotation(R);
    const Rigid3d cam_from_object(
        rotation, Eigen::Vector3d(cam_from_object_ * center_ - rotation.normalized() * center_));
    return rig_from_cam_ * cam_from_object * object_from_world_;
  }

  Eigen::Vector3d center_;  // of the symmetries, object's frame
  Rigid3d rig_from_cam_, object_from_world_, cam_from_object_;
  Eigen::Matrix3d near_far_;
};

}  // namespace ceres_align
