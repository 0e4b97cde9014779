#include "ceres_align/formats/formats.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/formats/bop.h"
#include "ceres_align/formats/colmap.h"
#include "ceres_align/formats/kalibr.h"
#include "ceres_align/formats/matrix_poses.h"
#include "ceres_align/formats/mayacam.h"
#include "ceres_align/formats/meshlab.h"
#include "ceres_align/formats/nerf_transforms.h"
#include "ceres_align/formats/opencv_calibration.h"
#include "ceres_align/formats/pose_text.h"
#include "ceres_align/formats/pytorch3d.h"
#include "ceres_align/formats/ros_camera.h"
#include "ceres_align/formats/ros_tf.h"
#include "ceres_align/io/file_transaction.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

// Only letters, digits and "._-" of the name, which is also unique.
std::string SafeName(const std::string& name, std::set<std::string>* taken) {
  std::string safe;
  for (const char c : fs::path(name).stem().string()) {
    safe += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' ? c : '_';
  }
  if (safe.empty()) safe = "camera";
  std::string unique = safe;
  for (int i = 2; !taken->insert(unique).second; ++i) unique = safe + "_" + std::to_string(i);
  return unique;
}

std::pair<const CameraFormat*, fs::path> Find(std::string_view format_and_path) {
  const size_t colon = format_and_path.find(':');
  std::string known;
  for (const CameraFormat& format : CameraFormats()) {
    if (colon != std::string_view::npos && format_and_path.substr(0, colon) == format.name) {
      if (colon + 1 == format_and_path.size()) break;
      return {&format, fs::path(format_and_path.substr(colon + 1))};
    }
    known += (known.empty() ? "" : ", ") + std::string(format.name);
  }
  throw InputError("\"" + std::string(format_and_path) +
                   "\": expected FORMAT:path, where FORMAT is one of " + known);
}

}  // namespace

const std::vector<CameraFormat>& CameraFormats() {
  static const std::vector<CameraFormat> formats = {
      {"bop", "BOP: a scene's folder (--image_id, --object_id); results CSV is written", ReadBop,
       WriteBopResults},
      {"colmap", "COLMAP's sparse model, a folder: text (read: binary too)", ReadColmap,
       WriteColmapText},
      {"colmap_bin", "COLMAP's sparse model, a folder: binary", ReadColmap, WriteColmapBinary},
      {"kalibr", "Kalibr camchain.yaml", ReadKalibr, WriteKalibr},
      {"matrix_cam_from_world", "4x4 of each camera, CSV, text or NPY: x_cam = M*x_world",
       ReadCamFromWorld, WriteCamFromWorldCsv},
      {"matrix_world_from_cam", "4x4 of each camera the other way: x_world = M*x_cam",
       ReadWorldFromCam, WriteWorldFromCamCsv},
      {"mayacam", "MayaCam 2.0 (XMALab, Autoscoper): a file or a folder of them", ReadMayaCam,
       WriteMayaCam},
      {"mlp", "MeshLab's project: cameras as raster layers", nullptr, WriteMeshLabProject},
      {"npy_cam_from_world", "as matrix_cam_from_world, written as NPY", ReadCamFromWorld,
       WriteCamFromWorldNpy},
      {"npy_world_from_cam", "as matrix_world_from_cam, written as NPY", ReadWorldFromCam,
       WriteWorldFromCamNpy},
      {"opencv",
       "OpenCV FileStorage of calibrateCamera or stereoCalibrate: YAML; XML and JSON read",
       ReadOpenCvCalibration, WriteOpenCvYaml},
      {"opencv_xml", "the same, written as XML", ReadOpenCvCalibration, WriteOpenCvXml},
      {"pytorch3d", "R_0, T_0, R_rel_1, T_rel_1, ... in text, with --rig_convention", ReadPytorch3d,
       WritePytorch3d},
      {"ros", "ROS camera_info, YAML: intrinsics of one camera", ReadRosCamera, WriteRosCameras},
      {"ros_tf", "ROS TF: transforms of the cameras' optical frames, YAML", nullptr, WriteRosTf},
      {"text", "one text file: a line with all numbers for each camera", ReadCameraTable,
       WriteCameraTable},
      {"transforms", "transforms.json of NeRF, instant-ngp, nerfstudio", ReadTransforms,
       WriteTransforms},
      {"tum", "TUM's trajectory: timestamp tx ty tz qx qy qz qw", nullptr, WriteTumTrajectory},
  };
  return formats;
}

CameraSet ReadCameras(std::string_view format_and_path, const CameraReadOptions& options) {
  const auto [format, path] = Find(format_and_path);
  if (format->read == nullptr) {
    throw InputError(std::string(format->name) + " is written, not read");
  }
  CameraSet set = format->read(path, options);
  if (set.cameras.empty()) throw InputError(path.string() + ": has no camera");
  std::set<std::string> taken;
  for (CalibratedCamera& camera : set.cameras) camera.name = SafeName(camera.name, &taken);
  return set;
}

void CheckCanWrite(std::string_view format_and_path) {
  const CameraFormat& format = *Find(format_and_path).first;
  if (format.write == nullptr) {
    throw InputError(std::string(format.name) + " is read, not written");
  }
}

std::vector<ExportedFile> CameraFiles(std::string_view format_and_path, const CameraSet& set) {
  CheckCanWrite(format_and_path);
  const auto [format, path] = Find(format_and_path);
  std::vector<ExportedFile> files = format->write(set);
  for (ExportedFile& file : files) {
    file.name = fs::absolute(file.name.empty() ? path : path / file.name);
  }
  return files;
}

void WriteCameras(std::string_view format_and_path, const CameraSet& set) {
  FileTransaction transaction;
  for (const ExportedFile& file : CameraFiles(format_and_path, set)) {
    transaction.MakeDirectories(file.name.parent_path());
    transaction.Stage(file.name, file.bytes);
  }
  transaction.Commit();
}

}  // namespace ceres_align
