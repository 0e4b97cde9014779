// The pinhole camera and THE pixel rule: the centre of the first pixel is at (0.5, 0.5), the
// image plane spans [0, width] x [0, height]. Files with another rule are converted in io/.
#pragma once

#include <Eigen/Core>

namespace ceres_align {

/// OpenCV axes (+x right, +y down, +z forward): u = fx·X/Z + cx, v = fy·Y/Z + cy, in px.
struct Camera {
  int width_px = 0;
  int height_px = 0;
  double fx_px = 0;
  double fy_px = 0;
  double cx_px = 0;
  double cy_px = 0;

  /// The same camera at another size: under the pixel rule a scaling is one product, no shift.
  /// The size may scale by any factor, differently in x and y.
  Camera Scaled(int new_width_px, int new_height_px) const {
    const double sx = static_cast<double>(new_width_px) / width_px;
    const double sy = static_cast<double>(new_height_px) / height_px;
    return {new_width_px, new_height_px, sx * fx_px, sy * fy_px, sx * cx_px, sy * cy_px};
  }
  /// Projects a point with Z > 0; px.
  Eigen::Vector2d Project(const Eigen::Vector3d& point_in_cam) const {
    return {fx_px * point_in_cam.x() / point_in_cam.z() + cx_px,
            fy_px * point_in_cam.y() / point_in_cam.z() + cy_px};
  }
  Eigen::Matrix3d K() const {
    return (Eigen::Matrix3d() << fx_px, 0, cx_px, 0, fy_px, cy_px, 0, 0, 1).finished();
  }
};

}  // namespace ceres_align
