// A camera's pose as a 4x4 matrix in a file of its own, CSV, text or NPY; OpenCV's axes. Which way
// it maps is in the format's name.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A file or a folder: NAME.csv (.txt, .npy) is the 4x4 of camera NAME. Beside it, if there is,
/// NAME_K, or K for all cameras: the 3x3 camera matrix, which counts from the first pixel's corner
/// (--pixel_center 0: from its centre); then the image size is an option. And NAME_dist, or dist:
/// OpenCV's distortion coefficients in a row. Without any K the set has poses alone. Throws
/// InputError naming file, line and value.
CameraSet ReadCamFromWorld(const std::filesystem::path& path, const CameraReadOptions& options);
CameraSet ReadWorldFromCam(const std::filesystem::path& path, const CameraReadOptions& options);

/// These files, of all cameras. Throws InputError for fisheye lenses.
std::vector<ExportedFile> WriteCamFromWorldCsv(const CameraSet& set);
std::vector<ExportedFile> WriteWorldFromCamCsv(const CameraSet& set);
std::vector<ExportedFile> WriteCamFromWorldNpy(const CameraSet& set);
std::vector<ExportedFile> WriteWorldFromCamNpy(const CameraSet& set);

}  // namespace ceres_align
