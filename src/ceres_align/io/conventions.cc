#include "ceres_align/io/conventions.h"

#include <Eigen/Geometry>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>

#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;

namespace {

// PyTorch3D's axes from OpenCV's, and back: F = diag(−1, −1, 1). As signs, so that it is exact.
const Eigen::Array3d kF(-1, -1, 1);
// OpenGL's axes from OpenCV's, and back.
const Eigen::Array3d kG(1, -1, -1);

Eigen::Matrix3d SignRows(const Eigen::Array3d& signs, const Eigen::Matrix3d& m) {
  return (m.array().colwise() * signs).matrix();
}
Eigen::Matrix3d SignBoth(const Eigen::Array3d& signs, const Eigen::Matrix3d& m) {
  return (SignRows(signs, m).array().rowwise() * signs.transpose()).matrix();
}
Eigen::Vector3d Sign(const Eigen::Array3d& signs, const Eigen::Vector3d& v) {
  return (v.array() * signs).matrix();
}

void CheckImageSize(int width_px, int height_px, std::string_view where) {
  if (width_px <= 0) Fail(where, ": width is ", width_px, "; it must be positive");
  if (height_px <= 0) Fail(where, ": height is ", height_px, "; it must be positive");
}

// Above these nothing real is left, and numbers of pixels lose their fractions: a telescope's focal
// length is 1e5 px.
constexpr double kMostPx = 1e7, kMostSides = 1e5;

double Most_px(int side_px) { return std::min(kMostPx, kMostSides * side_px); }

void CheckPlausible(double value_px, int side_px, std::string_view what, std::string_view where) {
  const double most = Most_px(side_px);
  if (std::abs(value_px) <= most) return;
  Fail(where, ": ", what, " is ", value_px, " px; at most ", most, " px are supported at ", side_px,
       " px of image");
}

}  // namespace

Pytorch3dPose Pytorch3dFromOpenCv(const OpenCvPose& pose) {
  return {SignRows(kF, pose.R).transpose(), Sign(kF, pose.t)};
}
OpenCvPose OpenCvFromPytorch3d(const Pytorch3dPose& pose) {
  return {SignRows(kF, pose.R.transpose()), Sign(kF, pose.T)};
}
OpenCvPose ToOpenCv(const Rigid3d& cam_from_world) {
  return {cam_from_world.R(), cam_from_world.translation};
}
Pytorch3dPose ToPytorch3d(const Rigid3d& cam_from_world) {
  return Pytorch3dFromOpenCv(ToOpenCv(cam_from_world));
}

Rigid3d FromOpenCv(const OpenCvPose& pose, std::string_view where) {
  const Eigen::Matrix3d R = NearestRotation(pose.R, where);
  if (!pose.t.allFinite()) Fail(where, ": the translation is not finite");
  return Rigid3d(R, pose.t);
}
Rigid3d FromPytorch3d(const Pytorch3dPose& pose, std::string_view where) {
  return FromOpenCv(OpenCvFromPytorch3d(pose), where);
}

Eigen::Matrix3d NearestRotation(const Eigen::Matrix3d& R, std::string_view where) {
  if (!R.allFinite()) Fail(where, ": the rotation is not finite");
  const double deviation = (R.transpose() * R - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff();
  if (!(deviation <= kRotationTolerance)) {
    Fail(where, ": not a rotation: R^T*R differs from the identity by ", deviation,
         "; rounding explains at most ", kRotationTolerance);
  }
  if (R.determinant() < 0) Fail(where, ": det R is -1: a reflection, not a rotation");
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(R, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

Pytorch3dPose LookAt(const Eigen::Vector3d& eye, const Eigen::Vector3d& at,
                     const Eigen::Vector3d& up) {
  if (!eye.allFinite() || !at.allFinite() || !up.allFinite()) {
    Fail("look-at: the camera's position, target or up direction is not finite");
  }
  if (eye == at) Fail("look-at: the camera's position equals the point that it looks at");
  if (up.isZero(0)) Fail("look-at: the up direction is zero");
  // stableNormalized: positions of any magnitude.
  const Eigen::Vector3d z = (at - eye).stableNormalized();
  const Eigen::Vector3d up_unit = up.stableNormalized();
  constexpr double kParallel = 1e-9;
  Eigen::Vector3d x = up_unit.cross(z);
  if (x.norm() < kParallel) x = -up_unit.cross(Eigen::Vector3d::UnitZ());
  if (x.norm() < kParallel) x = -up_unit.cross(Eigen::Vector3d::UnitX());
  x.normalize();
  Pytorch3dPose pose;
  pose.R << x, z.cross(x).normalized(), z;
  pose.T = -pose.R.transpose() * eye;
  return pose;
}

Camera CameraFromFov(int width_px, int height_px, double fov_deg, std::string_view where) {
  CheckImageSize(width_px, height_px, where);
  if (!(fov_deg > 0 && fov_deg < 180)) {
    Fail(where, ": the field of view is ", fov_deg, "; it must be between 0 and 180 degrees");
  }
  const double focal_px = 0.5 * std::min(width_px, height_px) / std::tan(fov_deg * M_PI / 360);
  const double most_px = Most_px(std::min(width_px, height_px));
  if (!(focal_px <= most_px)) {
    Fail(where, ": a field of view of ", fov_deg, " degrees is a focal length of ", focal_px,
         " px; at most ", most_px, " px are supported at this size of image");
  }
  return {width_px, height_px, focal_px, focal_px, 0.5 * width_px, 0.5 * height_px};
}

double FovOfShorterSide_deg(const Camera& camera) {
  const double half_px = 0.5 * std::min(camera.width_px, camera.height_px);
  return std::atan(half_px / camera.fx_px) * 360 / M_PI;
}

Camera CameraFromK(const Eigen::Matrix3d& K, int width_px, int height_px, double pixel_center,
                   std::string_view where) {
  CheckImageSize(width_px, height_px, where);
  if (pixel_center != 0 && pixel_center != 0.5) {
    Fail(where, ": pixel_center is ", pixel_center, "; it must be 0 or 0.5");
  }
  for (int i = 0; i < 9; ++i) {
    if (std::isfinite(K(i / 3, i % 3))) continue;
    Fail(where, ": K[", i / 3, "][", i % 3, "] is not finite");
  }
  if (K(2, 0) != 0 || K(2, 1) != 0 || K(2, 2) != 1) {
    Fail(where, ": the last row of K is ", K(2, 0), " ", K(2, 1), " ", K(2, 2),
         "; it must be 0 0 1");
  }
  for (int i = 0; i < 2; ++i) {
    if (K(i, i) > 0) continue;
    Fail(where, ": K[", i, "][", i, "] is ", K(i, i), "; a focal length must be positive");
  }
  if (K(0, 1) != 0 || K(1, 0) != 0) {
    const int row = K(0, 1) != 0 ? 0 : 1;
    Fail(where, ": K[", row, "][", 1 - row, "] is ", K(row, 1 - row),
         "; a skew is not supported, it must be 0");
  }
  CheckPlausible(K(0, 0), width_px, "K[0][0]", where);
  CheckPlausible(K(1, 1), height_px, "K[1][1]", where);
  CheckPlausible(K(0, 2), width_px, "K[0][2]", where);
  CheckPlausible(K(1, 2), height_px, "K[1][2]", where);
  const double shift_px = 0.5 - pixel_center;
  return {width_px, height_px, K(0, 0), K(1, 1), K(0, 2) + shift_px, K(1, 2) + shift_px};
}

Eigen::Matrix3d KOfCamera(const Camera& camera, double pixel_center) {
  CHECK(pixel_center == 0 || pixel_center == 0.5) << pixel_center;
  Eigen::Matrix3d K = camera.K();
  K.topRightCorner<2, 1>().array() -= 0.5 - pixel_center;
  return K;
}

Rigid3d FromOpenGlWorldFromCam(const Eigen::Matrix4d& world_from_gl_cam, std::string_view where) {
  if (world_from_gl_cam.row(3) != Eigen::RowVector4d(0, 0, 0, 1)) {
    Fail(where, ": the last row of the matrix must be 0 0 0 1");
  }
  const Eigen::Matrix3d R =
      NearestRotation(SignRows(kG, world_from_gl_cam.topLeftCorner<3, 3>().transpose()), where);
  const Eigen::Vector3d center_in_world = world_from_gl_cam.topRightCorner<3, 1>();
  return FromOpenCv({R, -R * center_in_world}, where);
}

Eigen::Matrix4d ToOpenGlWorldFromCam(const Rigid3d& cam_from_world) {
  Eigen::Matrix4d world_from_gl_cam = Eigen::Matrix4d::Identity();
  world_from_gl_cam.topLeftCorner<3, 3>() = SignRows(kG, cam_from_world.R()).transpose();
  world_from_gl_cam.topRightCorner<3, 1>() = cam_from_world.TargetOriginInSource();
  return world_from_gl_cam;
}

Eigen::Quaterniond UnitQuaternion(double w, double x, double y, double z, std::string_view where) {
  const Eigen::Quaterniond q(w, x, y, z);
  if (!q.coeffs().allFinite()) {
    Fail(where, ": the quaternion ", w, " ", x, " ", y, " ", z, " (w x y z) is not finite");
  }
  if (!(std::abs(q.norm() - 1) <= kRotationTolerance)) {
    Fail(where, ": the quaternion ", w, " ", x, " ", y, " ", z, " (w x y z) has the length ",
         q.norm(), "; it must be 1");
  }
  return q.normalized();
}

double FocalOfAngle_px(double side_px, double angle_rad, std::string_view where) {
  if (!(angle_rad > 0 && angle_rad < M_PI)) {
    Fail(where, " is ", angle_rad, "; an angle between 0 and pi (rad) is needed");
  }
  return 0.5 * side_px / std::tan(0.5 * angle_rad);
}
double AngleOfFocal_rad(double side_px, double focal_px) {
  return 2 * std::atan(0.5 * side_px / focal_px);
}

VcgCamera ToVcg(const Camera& camera, const Rigid3d& cam_from_world) {
  VcgCamera vcg;
  vcg.R = SignRows(kG, cam_from_world.R());
  vcg.translation = -cam_from_world.TargetOriginInSource();
  vcg.focal_mm = camera.fx_px;
  vcg.pixel_size_mm.y() = camera.fx_px / camera.fy_px;
  vcg.center_px = {camera.cx_px, camera.height_px - camera.cy_px};
  return vcg;
}

GltfPerspective ToGltfPerspective(const Camera& camera) {
  return {AngleOfFocal_rad(camera.height_px, camera.fy_px),
          camera.width_px * camera.fy_px / (camera.height_px * camera.fx_px)};
}

BlenderCamera ToBlender(const Camera& camera) {
  constexpr double kSensorWidth_mm = 36;
  const double width_px = camera.width_px, aspect = camera.fx_px / camera.fy_px;
  return {camera.fx_px * kSensorWidth_mm / width_px,
          kSensorWidth_mm,
          (0.5 * width_px - camera.cx_px) / width_px,
          aspect * (camera.cy_px - 0.5 * camera.height_px) / width_px,
          std::max(1.0, 1 / aspect),
          std::max(1.0, aspect)};
}

RigForm ParseRigForm(std::string_view text, std::string_view where) {
  for (RigForm form : {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
    if (text == ToString(form)) return form;
  }
  Fail(where, ": ", Quoted(text), " is none of pytorch3d_row, pytorch3d_column, opencv");
}

const char* ToString(RigForm form) {
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return "pytorch3d_row";
    case RigForm::kPyTorch3dColumn:
      return "pytorch3d_column";
    case RigForm::kOpenCv:
      return "opencv";
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

PoseMatrices RelativePose(const PoseMatrices& camera1, const PoseMatrices& camera2, RigForm form) {
  PoseMatrices relative;
  if (form == RigForm::kPyTorch3dRow) {
    relative.R = camera1.R.transpose() * camera2.R;
    relative.T = camera2.T - relative.R.transpose() * camera1.T;
  } else {
    relative.R = camera2.R * camera1.R.transpose();
    relative.T = camera2.T - relative.R * camera1.T;
  }
  return relative;
}

PoseMatrices SecondCamera(const PoseMatrices& camera1, const PoseMatrices& relative, RigForm form) {
  if (form == RigForm::kPyTorch3dRow) {
    return {camera1.R * relative.R, relative.R.transpose() * camera1.T + relative.T};
  }
  return {relative.R * camera1.R, relative.R * camera1.T + relative.T};
}

Rigid3d FromPoseMatrices(const PoseMatrices& pose, RigForm form, std::string_view where) {
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return FromPytorch3d({pose.R, pose.T}, where);
    case RigForm::kPyTorch3dColumn:
      return FromPytorch3d({pose.R.transpose(), pose.T}, where);
    case RigForm::kOpenCv:
      return FromOpenCv({pose.R, pose.T}, where);
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

PoseMatrices ToPoseMatrices(const Rigid3d& cam_from_world, RigForm form) {
  const Pytorch3dPose pose = ToPytorch3d(cam_from_world);
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return {pose.R, pose.T};
    case RigForm::kPyTorch3dColumn:
      return {pose.R.transpose(), pose.T};
    case RigForm::kOpenCv:
      return {cam_from_world.R(), cam_from_world.translation};
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

Rigid3d Cam2FromCam1(const PoseMatrices& relative, RigForm form, std::string_view where) {
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return FromOpenCv({SignBoth(kF, relative.R.transpose()), Sign(kF, relative.T)}, where);
    case RigForm::kPyTorch3dColumn:
      return FromOpenCv({SignBoth(kF, relative.R), Sign(kF, relative.T)}, where);
    case RigForm::kOpenCv:
      return FromOpenCv({relative.R, relative.T}, where);
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

PoseMatrices RelativeFromCam2FromCam1(const Rigid3d& cam2_from_cam1, RigForm form) {
  const Eigen::Matrix3d R = cam2_from_cam1.R();
  const Eigen::Vector3d& t = cam2_from_cam1.translation;
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return {SignBoth(kF, R).transpose(), Sign(kF, t)};
    case RigForm::kPyTorch3dColumn:
      return {SignBoth(kF, R), Sign(kF, t)};
    case RigForm::kOpenCv:
      return {R, t};
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

Eigen::Matrix3d EulerXyz(const Eigen::Vector3d& angles_rad) {
  return (Eigen::AngleAxisd(angles_rad.x(), Eigen::Vector3d::UnitX()) *
          Eigen::AngleAxisd(angles_rad.y(), Eigen::Vector3d::UnitY()) *
          Eigen::AngleAxisd(angles_rad.z(), Eigen::Vector3d::UnitZ()))
      .toRotationMatrix();
}

}  // namespace ceres_align
