// Decoding of image files, before any meaning is given to the values. Internal to io/.
#pragma once

#include <cstdint>
#include <string>

#include "ceres_align/base/image.h"

namespace ceres_align::io_internal {

/// Channel values as they stand in the file, divided by the type's full value (255 or 65535);
/// palettes are applied. PNM values are divided by the file's own full value; float images are
/// as stored.
struct RasterFile {
  int channels = 0;  ///< 1 gray, 2 gray + alpha, 3 colour, 4 colour + alpha
  bool is_jpeg = false;
  Image<float> values;  ///< width is image width × channels
  int width_px = 0;
  int height_px = 0;

  const float* Pixel(int column, int row) const {
    return values.row(row) + static_cast<size_t>(column) * channels;
  }
};

/// Largest number of pixels that is read.
constexpr int64_t kMaxImagePixels = int64_t{1} << 27;

/// PNG, JPEG, BMP, PNM or TIFF by content. Throws InputError for anything else and for damage:
/// PNG checksums, early ends, data that contradict the header. Nothing is printed for PNG and
/// PNM; OpenCV may print for a damaged file of the others.
RasterFile DecodeImage(const std::string& bytes, const std::string& name);

/// Its parts that do without OpenCV.
RasterFile DecodePng(const std::string& bytes, const std::string& name);
RasterFile DecodePnm(const std::string& bytes, const std::string& name);
/// Throws InputError unless the size is positive and at most kMaxImagePixels.
void CheckPixelCount(int64_t width_px, int64_t height_px, const std::string& name);

}  // namespace ceres_align::io_internal
