// PNG files of any pixel type, row by row. Internal to report/ and maps/.
#pragma once

#include <functional>
#include <string>

namespace ceres_align {

struct PngLayout {
  int width_px, height_px;
  int bits;      ///< of a channel: 8 or 16 (in the machine's byte order)
  int channels;  ///< 1 gray, 3 RGB, 4 RGB and alpha, which is not multiplied in
};
/// The bytes of a PNG file; `row` gives each row's pixels, top row first. Throws
/// std::runtime_error if the encoder fails.
std::string EncodePngRows(const PngLayout& layout, const std::function<const void*(int)>& row);

}  // namespace ceres_align
