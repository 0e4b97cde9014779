// The camera and THE pixel rule: the centre of the first pixel is at (0.5, 0.5), the image plane
// spans [0, width] x [0, height]. Files with another rule are converted in io/.
#pragma once

#include <Eigen/Core>
#include <string>

#include "ceres_align/geometry/lens_distortion.h"

namespace ceres_align {

/// OpenCV axes (+x right, +y down, +z forward): u = fx·x' + cx, v = fy·y' + cy, in px, where
/// (x', y') is (X/Z, Y/Z) distorted by the lens.
struct Camera {
  int width_px = 0;
  int height_px = 0;
  double fx_px = 0;
  double fy_px = 0;
  double cx_px = 0;
  double cy_px = 0;
  LensDistortion lens = {};  ///< none by default: a pinhole

  /// The same camera at another size: under the pixel rule a scaling is one product, no shift.
  /// The size may scale by any factor, differently in x and y. The lens, which acts on the plane
  /// Z = 1, stays.
  Camera Scaled(int new_width_px, int new_height_px) const {
    const double sx = static_cast<double>(new_width_px) / width_px;
    const double sy = static_cast<double>(new_height_px) / height_px;
    return {new_width_px, new_height_px, sx * fx_px, sy * fy_px, sx * cx_px, sy * cy_px, lens};
  }
  /// Projects a point with Z > 0; px. For many points, see Projection.
  Eigen::Vector2d Project(const Eigen::Vector3d& point_in_cam) const;
  /// The point of the plane Z = 1 that is seen at (x, y), which may lie outside the frame.
  Eigen::Vector3d Ray(double x_px, double y_px) const;
  /// px that a move by 1 on the plane Z = 1 is at most, anywhere in the frame.
  double MostPxPerUnit() const;
  Eigen::Matrix3d K() const {
    return (Eigen::Matrix3d() << fx_px, 0, cx_px, 0, fy_px, cy_px, 0, 0, 1).finished();
  }
};

/// Bit by bit.
bool operator==(const LensDistortion& a, const LensDistortion& b);
bool operator==(const Camera& a, const Camera& b);

/// Why the camera's lens cannot be used, as the end of a sentence ("the lens distortion folds over
/// inside the image, …"); empty: it can, or there is none. A lens can be used where the disc about
/// the principal point that the whole image sees is mapped one to one.
std::string WhyNoLens(const Camera& camera);

/// The lens with the disc of the plane Z = 1 that the frame sees, and bounds over it. Costs some
/// microseconds. A lens that cannot be used ends before it folds.
LensMap MakeLensMap(const Camera& camera);

/// A camera ready to project many points. Beyond the disc that the frame sees, the lens is
/// continued as LensMap says: points far off the frame stay off the frame.
class Projection {
 public:
  explicit Projection(const Camera& camera);

  /// Of a point with Z > 0; px.
  Eigen::Vector2d Px(const Eigen::Vector3d& point_in_cam) const;
  /// ∂px/∂point.
  Eigen::Matrix<double, 2, 3> Slope(const Eigen::Vector3d& point_in_cam) const;
  /// The inverse of Px: the point of the plane Z = 1. `shrinkage` (may be null) gets the area of
  /// that plane which a pixel there sees, relative to the same pinhole camera without a lens.
  /// By Newton's method, to 1e-12 on that plane; CHECKs that it gets there.
  Eigen::Vector3d Ray(double x_px, double y_px, double* shrinkage = nullptr) const;

 private:
  const Camera camera_;
  const bool has_lens_;
  LensMap map_{};
};

}  // namespace ceres_align
