#include "cli/mask_cameras.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"

namespace ceres_align::cli {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

double Radians(double degrees) { return degrees * M_PI / 180; }

Rigid3d ParseCamFromWorld(const std::string& text) {
  const std::vector<double> numbers = ParseNumbers(text, "--cam_from_world");
  if (numbers.size() != 12) {
    throw InputError("--cam_from_world has " + std::to_string(numbers.size()) +
                     " numbers; [R | t] has 12, in three rows");
  }
  OpenCvPose pose;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) pose.R(row, column) = numbers[4 * row + column];
    pose.t[row] = numbers[4 * row + 3];
  }
  if (!pose.t.allFinite()) throw InputError("--cam_from_world: t is not finite");
  return FromOpenCv(pose, "--cam_from_world");
}

std::vector<Rigid3d> ParseRelativePoses(const CameraFlags& flags) {
  if (flags.R_rel.empty() || flags.T_rel.empty()) {
    throw InputError("--R_rel and --T_rel go together; one of them is missing");
  }
  if (flags.rig_convention.empty()) {
    throw InputError(
        "--rig_convention is missing: pytorch3d_row, pytorch3d_column or opencv says how --R_rel "
        "and --T_rel are read");
  }
  const RigForm form = ParseRigForm(flags.rig_convention, "--rig_convention");
  const std::vector<std::string> rotations = Split(flags.R_rel, ';');
  const std::vector<std::string> translations = Split(flags.T_rel, ';');
  if (rotations.size() != translations.size()) {
    throw InputError("--R_rel has " + std::to_string(rotations.size()) + " parts, --T_rel " +
                     std::to_string(translations.size()));
  }
  std::vector<Rigid3d> rig = {Rigid3d()};
  for (size_t i = 0; i < rotations.size(); ++i) {
    PoseMatrices relative;
    relative.R = ParseRotation(rotations[i], "--R_rel");
    relative.T = ParseVector3(translations[i], "--T_rel");
    rig.push_back(Cam2FromCam1(relative, form, "--R_rel"));
  }
  return rig;
}

}  // namespace

Camera ParseCamera(const CameraFlags& flags) {
  HeightWidth size{};
  const size_t x = flags.image_size.find_first_of("xX");
  if (x == std::string::npos) {
    size = ParseImageSize(flags.image_size, "--image_size");
  } else {
    size = ParseImageSize(flags.image_size.substr(x + 1) + "," + flags.image_size.substr(0, x),
                          "--image_size");
  }
  Camera camera =
      flags.K.empty()
          ? CameraFromFov(size.width_px, size.height_px, flags.fov_deg, "--fov_deg")
          : CameraFromK(ParseK(flags.K, "--K"), size.width_px, size.height_px, 0.5, "--K");
  camera.lens = ParseLens(flags.dist, "--dist");
  CheckLens(camera, "--dist");
  return camera;
}

Rigid3d ParseCamera1FromWorld(const CameraFlags& flags) {
  if (!flags.cam_from_world.empty()) return ParseCamFromWorld(flags.cam_from_world);
  if (flags.camera_rotation.empty() != flags.camera_translation.empty()) {
    throw InputError("--camera_rotation and --camera_translation go together; one is missing");
  }
  if (!flags.camera_rotation.empty()) {
    Pytorch3dPose pose;
    pose.R = ParseRotation(flags.camera_rotation, "--camera_rotation");
    pose.T = ParseVector3(flags.camera_translation, "--camera_translation");
    return FromPytorch3d(pose, "--camera_rotation");
  }
  return FromPytorch3d(LookAt(ParseVector3(flags.camera_location, "--camera_location"),
                              ParseVector3(flags.look_at, "--look_at")),
                       "--camera_location");
}

double DepthForFill(const Sphere& object, const Camera& camera, double fill) {
  // A sphere at depth Z spans about 2·f·r/√(Z² − r²) px.
  const double side_px = std::min(camera.width_px, camera.height_px);
  const double tangent = fill * side_px / (camera.fx_px + camera.fy_px);
  return object.radius * std::sqrt(1 + 1 / (tangent * tangent));
}

Rigid3d RandomCamera1FromWorld(const Sphere& object, const Camera& camera, double fill,
                               Random* random) {
  const double depth = DepthForFill(object, camera, fill);
  const double shift_px = 0.04 * std::min(camera.width_px, camera.height_px);
  const double u = 0.5 * camera.width_px + random->Uniform(-shift_px, shift_px);
  const double v = 0.5 * camera.height_px + random->Uniform(-shift_px, shift_px);
  const Eigen::Vector3d center_in_cam =
      depth *
      Eigen::Vector3d((u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px, 1);
  const Eigen::Quaterniond rotation = random->Rotation();
  return Rigid3d(rotation, Eigen::Vector3d(center_in_cam - rotation * object.center));
}

std::vector<Rigid3d> ParseRig(const CameraFlags& flags, const Eigen::Vector3d& center_in_cam1,
                              const Eigen::Vector3d& axis_in_cam1) {
  if (!flags.R_rel.empty() || !flags.T_rel.empty()) return ParseRelativePoses(flags);
  if (flags.num_views < 1 || flags.num_views > 1000) {
    throw InputError("--num_views is " + std::to_string(flags.num_views) +
                     "; it must be 1 to 1000");
  }
  if (!std::isfinite(flags.rig_angle_deg)) throw InputError("--rig_angle_deg is not finite");
  std::vector<Rigid3d> rig = {Rigid3d()};
  for (int view = 1; view < flags.num_views; ++view) {
    // Turning the camera by +angle shows the object turned by −angle.
    const Eigen::Quaterniond turn =
        ExpRotation(-view * Radians(flags.rig_angle_deg) * axis_in_cam1.normalized());
    rig.emplace_back(turn, Eigen::Vector3d(center_in_cam1 - turn * center_in_cam1));
  }
  return rig;
}

Rigid3d Perturb(const Rigid3d& cam_from_world, const Eigen::Vector3d& center_in_world,
                double rotation_deg, double translation_percent, Random* random) {
  const Eigen::Quaterniond turn = ExpRotation(Radians(rotation_deg) * random->UnitVector());
  const Eigen::Vector3d center = cam_from_world * center_in_world;
  const Eigen::Vector3d moved =
      center + 0.01 * translation_percent * center.norm() * random->UnitVector();
  const Eigen::Quaterniond rotation = turn * cam_from_world.rotation;
  return Rigid3d(rotation, Eigen::Vector3d(moved - rotation * center_in_world));
}

}  // namespace ceres_align::cli
