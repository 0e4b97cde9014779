// COLMAP's sparse models, as text and as binary files: cameras and images, and from version 3.12 on
// rigs and frames. Source: COLMAP's src/colmap/scene/reconstruction_io_{text,binary}.cc and
// sensor/models.h (2026-08).
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A camera of the set for each image; the reference frame is COLMAP's world, pixels and axes are
/// ours. `path` is the model's folder. Where it has both kinds of files the binary ones are read,
/// as COLMAP does. Where it has frames, an image's pose is sensor_from_rig · rig_from_world, as in
/// COLMAP; the poses in the images file do not count then. points3D is not read.
///
/// Camera models: SIMPLE_PINHOLE, PINHOLE, SIMPLE_RADIAL, RADIAL, OPENCV, FULL_OPENCV,
/// OPENCV_FISHEYE, SIMPLE_RADIAL_FISHEYE, RADIAL_FISHEYE, SIMPLE_FISHEYE, FISHEYE; others are
/// refused by name. Throws InputError naming file, line (text) or byte (binary) and value; also for
/// ids that are used twice or name nothing, counts larger than the file, and quaternions that are
/// not of length 1.
CameraSet ReadColmap(const std::filesystem::path& path, const CameraReadOptions& options);

/// rigs, cameras, frames, images and points3D (empty); a camera for each different camera of the
/// set (PINHOLE, OPENCV, FULL_OPENCV or OPENCV_FISHEYE, the first that holds the lens), a rig for
/// each of those and a frame for each image, as COLMAP makes them for models without rigs. An
/// image's name is the photograph's path, or NAME.png where there is none. Text has 17 digits.
/// Throws InputError for a set without poses, for names that appear twice, and, as text, for names
/// with blanks.
std::vector<ExportedFile> WriteColmapText(const CameraSet& set);
std::vector<ExportedFile> WriteColmapBinary(const CameraSet& set);

}  // namespace ceres_align
