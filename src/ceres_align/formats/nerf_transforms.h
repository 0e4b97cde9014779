// transforms.json of NeRF, instant-ngp and nerfstudio.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A camera for each of `frames`; `path` is the file or its folder. The reference frame is the
/// file's world: an applied_transform or applied_scale is not undone. A frame's own value goes
/// before the file's. Keys: w, h (else CameraReadOptions::image_size); fl_x, fl_y, else
/// camera_angle_x, camera_angle_y (rad; one of both axes is enough); cx, cy, counted from the
/// image's corner (0, 0), else the image's middle; k1, k2, p1, p2, k3, of a fisheye k1 to k4;
/// camera_model (PINHOLE, SIMPLE_PINHOLE, SIMPLE_RADIAL, RADIAL, OPENCV, OPENCV_FISHEYE; the names
/// tell a fisheye from the rest, no more, as in nerfstudio) or is_fisheye; transform_matrix, world
/// from an OpenGL camera; file_path, mask_path.
///
/// Throws InputError naming file, key and value, also for other camera models, rolling shutters
/// and what FromOpenGlWorldFromCam, CameraFromK and CheckLens refuse.
CameraSet ReadTransforms(const std::filesystem::path& path, const CameraReadOptions& options);

/// One file; intrinsics at its top where all cameras have the same, else in the frames. Throws
/// InputError for a set without poses, for k4, k5, k6 of a lens that is no fisheye, and for a
/// fisheye beside other lenses (camera_model is one for the file).
std::vector<ExportedFile> WriteTransforms(const CameraSet& set);

}  // namespace ceres_align
