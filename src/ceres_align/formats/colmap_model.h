// A COLMAP model as its files have it, whichever kind. Internal to formats/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align::colmap_internal {

/// `place` is where the thing stands, for messages: "images.txt: line 7", "images.bin: byte 8".
struct ColmapCamera {
  uint32_t id = 0;
  Camera camera;
  std::string place;
};

struct Sensor {
  bool is_camera = true;  ///< else an IMU
  uint32_t id = 0;
  std::optional<Rigid3d> sensor_from_rig;  ///< the reference sensor's is the identity
};
struct Rig {
  uint32_t id = 0;
  std::vector<Sensor> sensors;  ///< the first is the reference
  std::string place;
};

struct FrameData {
  bool is_camera = true;
  uint32_t sensor_id = 0;
  uint64_t id = 0;  ///< of the image, for cameras
};
struct Frame {
  uint32_t id = 0;
  uint32_t rig_id = 0;
  Rigid3d rig_from_world;
  std::vector<FrameData> data;
  std::string place;
};

struct ColmapImage {
  uint32_t id = 0;
  Rigid3d cam_from_world;
  uint32_t camera_id = 0;
  std::string name;
  std::string place;
};

struct Model {
  std::vector<ColmapCamera> cameras;
  std::vector<Rig> rigs;
  std::vector<Frame> frames;
  std::vector<ColmapImage> images;
};

/// Which of our lenses holds a model's.
enum class LensKind { kOpenCv, kFisheye, kOther };
/// A camera model of COLMAP: its number in binary files, and its parameters: one or two focal
/// lengths, the principal point, the lens.
struct CameraModel {
  int id;
  const char* name;
  size_t num_params;
  size_t num_focal_lengths;
  LensKind lens;
};
/// Null for one that COLMAP does not know.
const CameraModel* FindCameraModel(int id);
const CameraModel* FindCameraModel(std::string_view name);
/// Throws InputError for models that are not supported, a wrong number of parameters, sizes that
/// are no image's and values that CameraFromK and CheckLens refuse.
Camera CameraOfParams(const CameraModel& model, uint64_t width_px, uint64_t height_px,
                      const std::vector<double>& params, double pixel_center,
                      const std::string& where);

/// The first model of PINHOLE, OPENCV, FULL_OPENCV and OPENCV_FISHEYE that holds the camera, and
/// its parameters.
struct ModelAndParams {
  const CameraModel* model;
  std::vector<double> params;
};
ModelAndParams ParamsOfCamera(const Camera& camera);

/// From quaternion (w x y z) and translation. Throws InputError.
Rigid3d PoseOfNumbers(const double* seven, const std::string& where);

Model ReadModelText(const std::filesystem::path& folder, double pixel_center);
Model ReadModelBinary(const std::filesystem::path& folder, double pixel_center);

/// The bytes of one file each.
struct ModelFiles {
  std::string rigs, cameras, frames, images, points3d;
};
ModelFiles ModelText(const Model& model);
ModelFiles ModelBinary(const Model& model);

}  // namespace ceres_align::colmap_internal
