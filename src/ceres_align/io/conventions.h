// The only place of conventions: everything else has OpenCV axes (+x right, +y down, +z forward),
// column vectors, x_in_cam = R·x_in_world + t, and the first pixel's centre at (0.5, 0.5).
//
//   PyTorch3D   rows: X_cam = X_world·R + T; +x left, +y up, +z into the scene.
//               R = R_cvᵀ·F, T = F·t_cv, F = diag(−1, −1, 1).
//   OpenGL, Blender, NeRF   +x right, +y up, looks along −z: x_gl = G·x_cv, G = diag(1, −1, −1).
//   COLMAP      as here, pixels too; quaternions are written w x y z.
//   MeshLab     OpenGL's axes; pixels count upwards from the image's lower left corner.
//   Mesh files  as they are, +y up; told otherwise, turned and scaled: MeshFrame.
//
// `where` arguments name the flag or key in messages ("--camera_location", "s.json: views[0].K").
#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// PyTorch3D's R and T as its cameras take them. R is not required to be exactly orthonormal
/// (PyTorch3D computes in float).
struct Pytorch3dPose {
  Eigen::Matrix3d R = Eigen::Matrix3d::Identity();
  Eigen::Vector3d T = Eigen::Vector3d::Zero();
};
/// OpenCV's R and t as plain matrices: x_cam = R·x_world + t.
struct OpenCvPose {
  Eigen::Matrix3d R = Eigen::Matrix3d::Identity();
  Eigen::Vector3d t = Eigen::Vector3d::Zero();
};

/// Transpositions and changes of sign only: exact, inverse of each other bit by bit.
Pytorch3dPose Pytorch3dFromOpenCv(const OpenCvPose& pose);
OpenCvPose OpenCvFromPytorch3d(const Pytorch3dPose& pose);

OpenCvPose ToOpenCv(const Rigid3d& cam_from_world);
Pytorch3dPose ToPytorch3d(const Rigid3d& cam_from_world);
/// Rotations are made orthonormal (NearestRotation); throws InputError if they are not rotations.
Rigid3d FromOpenCv(const OpenCvPose& pose, std::string_view where);
Rigid3d FromPytorch3d(const Pytorch3dPose& pose, std::string_view where);

/// Largest |RᵀR − I| that is taken for rounding: matrices written with three digits pass.
constexpr double kRotationTolerance = 2e-3;
/// The nearest rotation (by SVD). Throws InputError if R is not finite, is a reflection
/// (det R = −1), or is not orthonormal within kRotationTolerance.
Eigen::Matrix3d NearestRotation(const Eigen::Matrix3d& R, std::string_view where);

/// pytorch3d.renderer.look_at_view_transform(eye=, at=, up=): z = at − eye, x = up × z,
/// y = z × x, normalised; R's columns are x, y, z; T = −Rᵀ·eye. Where `up` is along the view,
/// PyTorch3D's R is singular; here the limit for an eye coming from +z (or +x) is returned.
/// Throws InputError if eye equals at or up is zero.
Pytorch3dPose LookAt(const Eigen::Vector3d& eye_in_world,
                     const Eigen::Vector3d& at_in_world = Eigen::Vector3d::Zero(),
                     const Eigen::Vector3d& up_in_world = Eigen::Vector3d::UnitY());

/// PyTorch3D's FoV camera: the angle spans the shorter side, the principal point is the centre.
/// Throws InputError unless 0 < fov < 180 and the sizes are positive, and for a focal length above
/// 1e7 px or 1e5 times the shorter side.
Camera CameraFromFov(int width_px, int height_px, double fov_deg, std::string_view where);
/// Inverse of CameraFromFov for its own cameras: 2·atan(min(w, h)/2 / f), fx = fy assumed.
double FovOfShorterSide_deg(const Camera& camera);

/// A camera from a K whose first pixel's centre is at `pixel_center`: 0 (OpenCV, OpenGL pictures)
/// or 0.5. Throws InputError for sizes or focal lengths that are not positive, a skew, a last row
/// other than 0 0 1, values that are not finite, and a focal length or principal point above 1e7 px
/// or 1e5 times the image's side.
Camera CameraFromK(const Eigen::Matrix3d& K, int width_px, int height_px, double pixel_center,
                   std::string_view where);

/// The inverse of CameraFromK: K as a file with that pixel_center has it.
Eigen::Matrix3d KOfCamera(const Camera& camera, double pixel_center);

/// Blender's matrix_world, NeRF's transform_matrix: world from an OpenGL camera. The last row
/// must be 0 0 0 1 (InputError).
Rigid3d FromOpenGlWorldFromCam(const Eigen::Matrix4d& world_from_gl_cam, std::string_view where);
Eigen::Matrix4d ToOpenGlWorldFromCam(const Rigid3d& cam_from_world);

/// A rotation's quaternion as a file has it, made a unit one. Throws InputError if it is not finite
/// or its length differs from 1 by more than kRotationTolerance (0 0 0 0 does).
Eigen::Quaterniond UnitQuaternion(double w, double x, double y, double z, std::string_view where);

/// NeRF's camera_angle_x: the focal length in px that sees `side_px` under the angle. Throws
/// InputError unless 0 < angle < π.
double FocalOfAngle_px(double side_px, double angle_rad, std::string_view where);
/// Its inverse: 2·atan(side/2 / f).
double AngleOfFocal_rad(double side_px, double focal_px);

/// MeshLab's VCGCamera (vcglib's Shot and Camera) as its attributes have it: with
/// p = R·(x + translation) and depth −p.z, the image point, counted in px to the right and upwards
/// from the lower left corner, is focal·p.xy/depth / pixel_size + center. Without a lens.
struct VcgCamera {
  Eigen::Matrix3d R = Eigen::Matrix3d::Identity();        ///< RotationMatrix's upper left
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();  ///< minus the camera's centre
  double focal_mm = 0;                                    ///< in px where pixel_size.x is 1
  Eigen::Vector2d pixel_size_mm = Eigen::Vector2d::Ones();
  Eigen::Vector2d center_px = Eigen::Vector2d::Zero();
};
VcgCamera ToVcg(const Camera& camera, const Rigid3d& cam_from_world);

/// glTF's perspective camera: the vertical field of view and width/height of the view. It has no
/// place for a principal point; the image's centre is taken.
struct GltfPerspective {
  double yfov_rad;
  double aspect_ratio;
};
GltfPerspective ToGltfPerspective(const Camera& camera);

/// Blender's camera with sensor_fit 'HORIZONTAL': shifts are in units of the image's width, and
/// move the view, not the picture. Pixel aspects are ≥ 1, as Blender wants them.
struct BlenderCamera {
  double lens_mm;
  double sensor_width_mm;
  double shift_x, shift_y;
  double pixel_aspect_x, pixel_aspect_y;
};
BlenderCamera ToBlender(const Camera& camera);

/// How a relative pose (R_rel, T_rel) of two cameras is to be read. R1, T1, R2, T2 are the two
/// cameras' poses in the named convention.
enum class RigForm {
  kPyTorch3dRow,     ///< R2 = R1·R_rel, T2 = T1·R_rel + T_rel; R as PyTorch3D takes it
  kPyTorch3dColumn,  ///< R2 = R_rel·R1, T2 = R_rel·T1 + T_rel; R transposed: x_cam = R·x + T
  kOpenCv,           ///< the column form in OpenCV's axes (stereoCalibrate's R, T)
};
/// "pytorch3d_row", "pytorch3d_column", "opencv". Throws InputError naming `where`.
RigForm ParseRigForm(std::string_view text, std::string_view where);
const char* ToString(RigForm form);

/// Matrices of any of the forms: a pose or a relative pose; the form says how they multiply.
struct PoseMatrices {
  Eigen::Matrix3d R = Eigen::Matrix3d::Identity();
  Eigen::Vector3d T = Eigen::Vector3d::Zero();
};
/// The two functions of the users' script, as the form's equations read; inverse of each other.
/// kPyTorch3dColumn and kOpenCv share theirs.
PoseMatrices RelativePose(const PoseMatrices& camera1, const PoseMatrices& camera2, RigForm form);
PoseMatrices SecondCamera(const PoseMatrices& camera1, const PoseMatrices& relative, RigForm form);

/// An absolute pose in the form's convention: kPyTorch3dRow is PyTorch3D's own R and T,
/// kPyTorch3dColumn the same with R transposed, kOpenCv OpenCV's. Throws as FromOpenCv does.
Rigid3d FromPoseMatrices(const PoseMatrices& pose, RigForm form, std::string_view where);
PoseMatrices ToPoseMatrices(const Rigid3d& cam_from_world, RigForm form);

/// The rig that a relative pose stands for; independent of camera 1 in every form as defined
/// above. A script that applies the column equations to PyTorch3D's own (row) R has no constant
/// rig: give it its camera 2 by SecondCamera and read both poses by FromPytorch3d.
Rigid3d Cam2FromCam1(const PoseMatrices& relative, RigForm form, std::string_view where);
PoseMatrices RelativeFromCam2FromCam1(const Rigid3d& cam2_from_cam1, RigForm form);

/// Which of a mesh file's axes points upwards. The world's does +y, as for LookAt and in glTF.
enum class UpAxis { kY, kMinusY, kZ, kMinusZ, kX, kMinusX };
/// "y", "z", "x", "-y", "-z", "-x" ("+y" too). Throws InputError naming `where`.
UpAxis ParseUpAxis(std::string_view text, std::string_view where);
const char* ToString(UpAxis up);
/// The rotation that takes the file's `up` to the world's +y: exact, its entries are 0 and ±1. y
/// and z share the direction of x, x and y that of z (COLLADA's up_axis); so do their opposites:
///   y: (x, y, z)    z: (x, z, −y)    x: (−y, x, z)
///  −y: (x, −y, −z) −z: (x, −z, y)   −x: (y, −x, z)
/// z is what Blender's exporters do with a scene that is z-up.
Eigen::Matrix3d WorldFromFileAxes(UpAxis up);

/// Metres in one mm, cm, m, in (0.0254) or ft (0.3048). Throws InputError naming `where`.
double MetresOfUnit(std::string_view unit, std::string_view where);

/// How a mesh file's positions become the object's: scale · WorldFromFileAxes(up) · X. By default
/// they stay as they are.
struct MeshFrame {
  double scale = 1;  ///< positive, below 1e100
  UpAxis up = UpAxis::kY;

  bool IsIdentity() const { return scale == 1 && up == UpAxis::kY; }
};
/// In words, for the user: "multiplied by 0.001, its +z turned to the world's +y".
std::string InWords(const MeshFrame& frame);
/// Throws InputError naming `where`, unless it can be a MeshFrame's scale.
void CheckMeshScale(double scale, std::string_view where);

/// PyTorch3D's euler_angles_to_matrix(angles, "XYZ"): Rx(a)·Ry(b)·Rz(c).
Eigen::Matrix3d EulerXyz(const Eigen::Vector3d& angles_rad);

// What users type. Brackets may be round or square, separators commas or spaces.
/// "(81,0,96)", "81,0,96", "[81 0 96]". Throws InputError unless three finite numbers.
Eigen::Vector3d ParseVector3(std::string_view text, std::string_view where);
/// A rotation: nine numbers ("[[1,0,0],[0,1,0],[0,0,1]]", rows in order; not yet checked for
/// being a rotation) or three Euler angles in degrees (EulerXyz).
Eigen::Matrix3d ParseRotation(std::string_view text, std::string_view where);
/// K: nine numbers in rows, or four: "fx,fy,cx,cy".
Eigen::Matrix3d ParseK(std::string_view text, std::string_view where);
struct HeightWidth {
  int height_px;
  int width_px;
};
/// "(256,306)": height first, as PyTorch3D's image_size. Positive integers up to 65535.
HeightWidth ParseImageSize(std::string_view text, std::string_view where);
/// All numbers of a bracketed list; brackets must match. A list as Python prints it may have its
/// wrapping: "tensor([[1., 0.]], device='cuda:0')", "array([1, 2])". Throws InputError.
std::vector<double> ParseNumbers(std::string_view text, std::string_view where);

}  // namespace ceres_align
