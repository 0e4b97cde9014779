// Photographs to draw on.
#pragma once

#include <filesystem>

#include "ceres_align/report/draw.h"

namespace ceres_align {

/// PNG, JPEG, BMP, PNM or TIFF as 8-bit RGB; gray becomes RGB, alpha is left out, EXIF rotation is
/// not applied. Throws InputError as LoadMask does.
RgbImage LoadPhoto(const std::filesystem::path& path);

/// The file folder/name.png, .jpg, .jpeg, .bmp, .ppm, .pgm, .tif or .tiff (also in capitals);
/// empty: there is none. Throws InputError where there are several.
std::filesystem::path FindPhoto(const std::filesystem::path& folder, const std::string& name);

}  // namespace ceres_align
