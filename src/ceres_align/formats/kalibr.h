// Kalibr's camchain.yaml (https://github.com/ethz-asl/kalibr/wiki/yaml-formats).
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// cam0, cam1, … with camera_model pinhole, intrinsics [fu, fv, pu, pv], distortion_model radtan
/// (k1, k2, p1, p2), equidistant (cv::fisheye's) or none, resolution [width, height], and T_cn_cnm1
/// of all but cam0: x_n = T·x_(n−1). cam0 is the reference. Intrinsics count from the first pixel's
/// centre. T_cam_imu and all else is not used. Throws InputError naming file, key and value; also
/// for other models.
CameraSet ReadKalibr(const std::filesystem::path& path, const CameraReadOptions& options);
/// The first camera becomes the reference; the names become cam0, cam1, …
std::vector<ExportedFile> WriteKalibr(const CameraSet& set);

}  // namespace ceres_align
