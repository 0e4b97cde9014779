// ROS's camera_info as YAML: what camera_calibration writes, and what `ros2 topic echo` prints.
// Read by yaml-cpp: OpenCV's FileStorage takes no file without a "%YAML:1.0" line, which ROS does
// not write, nor the lists of `ros2 topic echo` (tried with OpenCV 4.6).
#pragma once

#include <filesystem>
#include <string>

#include "ceres_align/geometry/camera.h"

namespace ceres_align {

/// The camera of the picture as recorded (K and D, not the rectified P), in our pixel rule: ROS
/// counts from the first pixel's centre, so half a pixel is added (CameraFromK in conventions.h).
/// Keys: width or image_width, height or image_height; K, k or camera_matrix (9 numbers, or a map
/// with them as `data`); D, d or distortion_coefficients; distortion_model: plumb_bob (k1, k2, p1,
/// p2[, k3]), rational_polynomial (8 numbers; 12 or 14 if the rest are 0), equidistant or fisheye
/// (4 numbers), or none.
///
/// Throws InputError naming file, key and value; also for other
/// models, binning, and a region of interest.
Camera ReadCameraInfo(const std::filesystem::path& path);

/// The file of a camera, as camera_calibration writes it; 17 digits.
std::string CameraInfoYaml(const Camera& camera, const std::string& camera_name);

}  // namespace ceres_align
