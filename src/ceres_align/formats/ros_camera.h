// ROS's camera_info as a camera set: one camera without a pose. See io/camera_info.h.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// Throws what ReadCameraInfo throws.
CameraSet ReadRosCamera(const std::filesystem::path& path, const CameraReadOptions& options);
/// A file NAME.yaml for each camera; their poses are not in this format.
std::vector<ExportedFile> WriteRosCameras(const CameraSet& set);

}  // namespace ceres_align
