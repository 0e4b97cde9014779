// Cameras as plain text: a table of all that is known, and the TUM benchmark's trajectory.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// The table: a line for each camera, cells between commas, 17 digits: name, width, height, fx, fy,
/// cx, cy (the first pixel's centre is (0.5, 0.5)), quaternion w x y z and translation of
/// cam_from_reference (OpenCV's axes), the lens's kind ("opencv" or "fisheye") and k1, k2, p1, p2,
/// k3, k4, k5, k6, the image and the mask (in quotes, may be empty). Throws InputError naming file,
/// line, cell and value.
CameraSet ReadCameraTable(const std::filesystem::path& path, const CameraReadOptions& options);
/// Throws InputError for a set without poses, and for names and paths with quotes or line ends.
std::vector<ExportedFile> WriteCameraTable(const CameraSet& set);

/// "timestamp tx ty tz qx qy qz qw" of reference_from_cam, OpenCV's axes; the timestamp is the
/// camera's place in the set, from 0. Throws InputError for a set without poses.
std::vector<ExportedFile> WriteTumTrajectory(const CameraSet& set);

}  // namespace ceres_align
