// What the readers and writers of camera formats share: choices of CameraReadOptions, and refusals
// of sets that a format cannot hold.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// The file's own size, else --image_size, which is told in `conventions`; throws InputError where
/// there is neither.
HeightWidth SizeOrOption(const std::optional<HeightWidth>& of_file,
                         const CameraReadOptions& options, std::string_view where,
                         std::vector<std::string>* conventions);

/// --pixel_center, else the format's rule. Adds a sentence to `conventions` (once): which of the
/// two it was, and that half a pixel was added where it is 0. `rule` names the format's.
double PixelCenterOf(const CameraReadOptions& options, double of_format, std::string_view rule,
                     std::vector<std::string>* conventions);

/// Throw InputError unless every camera of the set has what `format` has to hold.
void RequirePoses(const CameraSet& set, std::string_view format);
void RequireIntrinsics(const CameraSet& set, std::string_view format);
/// Of the lens: at most k1, k2, p1, p2 (`most_coefficients` 4), or none at all (0).
void RequireShortLens(const CameraSet& set, int most_coefficients, std::string_view format);

/// The files of a folder with one of the extensions (".txt"), in natural order of their names
/// (cam2 before cam10); of a path that is no folder, itself. Throws InputError where there is none.
std::vector<std::filesystem::path> FilesAt(const std::filesystem::path& path,
                                           const std::vector<std::string>& extensions);

}  // namespace ceres_align
