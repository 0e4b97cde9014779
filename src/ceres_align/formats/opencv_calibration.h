// OpenCV's FileStorage (YAML, XML or JSON) as calibrateCamera's and stereoCalibrate's programs
// write it. Read and written by cv::FileStorage itself.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// One camera, two of stereoCalibrate, or several that are numbered. Keys that are known, each also
/// with 1, 2, …, 0, 1, …, _1, _2, …, Left, Right, _left, _right behind it (one kind a file):
///   camera_matrix, Camera_Matrix, cameraMatrix, K, M, CM      3x3
///   distortion_coefficients, Distortion_Coefficients, dist_coeffs, distCoeffs, dist, D
///                                4, 5 or 8 numbers; 12 or 14 if the rest are 0; none: no
///                                distortion
///   image_width and image_height, Image_Width …, width …; imageSize, image_size (width, height)
///   fisheye_model, fisheye       other than 0: cv::fisheye's four coefficients
///   cam_from_reference           4x4, this program's own; takes the place of R and T
/// R (3x3, or a rotation vector) and T: of two cameras x2 = R·x1 + T, camera 1 is the reference; of
/// one camera x_cam = R·x + T. A file with R and T alone has the poses of two cameras alone.
/// The principal point counts from the first pixel's centre unless the options say otherwise.
///
/// Throws InputError naming file, key and value; also for other models of lenses.
CameraSet ReadOpenCvCalibration(const std::filesystem::path& path,
                                const CameraReadOptions& options);
/// One file: the keys above, numbered where there are several cameras, with cam_from_reference; and
/// of two cameras stereoCalibrate's R and T.
std::vector<ExportedFile> WriteOpenCvYaml(const CameraSet& set);
std::vector<ExportedFile> WriteOpenCvXml(const CameraSet& set);

}  // namespace ceres_align
