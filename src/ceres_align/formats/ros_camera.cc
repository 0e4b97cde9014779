#include "ceres_align/formats/ros_camera.h"

#include "ceres_align/base/error.h"
#include "ceres_align/io/camera_info.h"

namespace ceres_align {

CameraSet ReadRosCamera(const std::filesystem::path& path, const CameraReadOptions& options) {
  if (options.pixel_center && *options.pixel_center != 0) {
    throw InputError(path.string() + ": camera_info counts from the first pixel's centre");
  }
  CameraSet set;
  set.has_poses = false;
  set.conventions = {
      "K counts from the first pixel's centre (ROS): half a pixel added to cx and cy",
      "K and D of the recorded picture are taken, not the rectified P"};
  set.cameras.push_back({path.stem().string(), ReadCameraInfo(path), {}, "", ""});
  return set;
}

std::vector<ExportedFile> WriteRosCameras(const CameraSet& set) {
  std::vector<ExportedFile> files;
  for (const CalibratedCamera& camera : set.cameras) {
    files.push_back({camera.name + ".yaml", CameraInfoYaml(camera.camera, camera.name)});
  }
  return files;
}

}  // namespace ceres_align
