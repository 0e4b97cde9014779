#include "ceres_align/maps/image_files.h"

#include <algorithm>

#include "ceres_align/report/png_rows.h"

namespace ceres_align {

std::string EncodePng16(const Image<uint16_t>& image) {
  return EncodePngRows({image.width, image.height, 16, 1}, [&](int r) { return image.row(r); });
}

std::string EncodePng8(const Image<uint8_t>& image) {
  return EncodePngRows({image.width, image.height, 8, 1}, [&](int r) { return image.row(r); });
}

std::string EncodePng8(const ImageF& image) {
  std::vector<uint8_t> row(image.width);
  return EncodePngRows({image.width, image.height, 8, 1}, [&](int r) {
    const float* values = image.row(r);
    for (int c = 0; c < image.width; ++c) {
      row[c] = Rounded<uint8_t>(255 * std::clamp(values[c], 0.0f, 1.0f));
    }
    return row.data();
  });
}

std::string EncodePng(const Image<Rgba>& image) {
  static_assert(sizeof(Rgba) == 4, "rows are written as they are");
  return EncodePngRows({image.width, image.height, 8, 4}, [&](int r) { return image.row(r); });
}

}  // namespace ceres_align
