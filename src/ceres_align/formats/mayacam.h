// MayaCam 2.0, the camera files of XMALab, which Autoscoper and Maya read: image size, camera
// matrix, rotation and translation in text. All cameras of an experiment have one reference frame,
// the calibration object's.
//
// Source: XMALab writes OpenCV's camera matrix, rotation and translation of calibrateCamera as they
// are, and the size as width,height; Autoscoper (Camera.cpp, loadMayaCam2) turns them to OpenGL's
// axes and the principal point's y to height − 1 − cy: x_cam = R·x + t with OpenCV's axes, counted
// from the first pixel's centre at the top left.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A file, or all .txt files of a folder, a camera each. Pictures are undistorted: no lens. Throws
/// InputError naming file, line and value; also for MayaCam 1.0 and a skew.
CameraSet ReadMayaCam(const std::filesystem::path& path, const CameraReadOptions& options);
/// NAME.txt for each camera. Throws InputError for lenses.
std::vector<ExportedFile> WriteMayaCam(const CameraSet& set);

}  // namespace ceres_align
