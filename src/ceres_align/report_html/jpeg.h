// Photographs for the page. Internal to report_html/.
#pragma once

#include <string>

#include "ceres_align/report/draw.h"

namespace ceres_align::report_html_internal {

/// The bytes of a JPEG file. OpenCV's imgcodecs encode it; they are loaded when first needed, as
/// for reading one (io/raster_opencv.cc). Throws InputError where they cannot be.
std::string EncodeJpeg(const RgbImage& image, int quality);

/// A photograph in a smaller size: areas are averaged. The size must not be larger.
RgbImage ShrunkPhoto(const RgbImage& image, int width_px, int height_px);

}  // namespace ceres_align::report_html_internal
