#include "ceres_align/render/view_geometry.h"

#include "ceres_align/base/error.h"

namespace ceres_align {

ViewGeometry MakeViewGeometry(const ContourMesh& mesh, const Camera& camera,
                              const Rigid3d& cam_from_object, int window) {
  CHECK(window >= 1 && window % 2 == 1) << "window " << window;
  ViewGeometry view{};
  const Eigen::Matrix3d R = cam_from_object.R();
  for (int i = 0; i < 9; ++i) view.cam_from_object.m[i] = R(i / 3, i % 3);
  const Eigen::Vector3d center =
      cam_from_object * Eigen::Vector3d(mesh.center.x, mesh.center.y, mesh.center.z);
  const Eigen::Vector3d camera_in_object = -(R.transpose() * center);
  view.center_in_cam = {center.x(), center.y(), center.z()};
  view.cam_in_object = {camera_in_object.x(), camera_in_object.y(), camera_in_object.z()};
  view.window = window;
  view.fx_px = window * camera.fx_px;
  view.fy_px = window * camera.fy_px;
  view.cx_px = window * camera.cx_px;
  view.cy_px = window * camera.cy_px;
  view.near_z = kNearOverRadius * mesh.bulk_radius;
  view.width_px = window * camera.width_px;
  view.height_px = window * camera.height_px;
  view.has_lens = !camera.lens.IsNone();
  if (view.has_lens) view.lens = MakeLensMap(camera);
  return view;
}

Eigen::Matrix<double, 6, 6> CanonicalFromRig(const Eigen::Quaterniond& cam_from_rig,
                                             const Eigen::Vector3d& mesh_center_in_rig,
                                             const Eigen::Vector3d& pivot_in_rig) {
  const Eigen::Matrix3d R = cam_from_rig.toRotationMatrix();
  const Eigen::Vector3d lever = mesh_center_in_rig - pivot_in_rig;
  Eigen::Matrix3d minus_lever_cross;  // ω × lever = −[lever]× ω
  minus_lever_cross << 0, lever.z(), -lever.y(), -lever.z(), 0, lever.x(), lever.y(), -lever.x(), 0;
  Eigen::Matrix<double, 6, 6> A = Eigen::Matrix<double, 6, 6>::Zero();
  A.topLeftCorner<3, 3>() = R;
  A.bottomLeftCorner<3, 3>() = R * minus_lever_cross;
  A.bottomRightCorner<3, 3>() = R;
  return A;
}

}  // namespace ceres_align
