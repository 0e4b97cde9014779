// The size of an image from its file's header, for the formats that OpenCV decodes: before it
// allocates what a lying header promises.
#include <cstdlib>

#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

unsigned Byte(const std::string& bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

uint32_t Word(const std::string& bytes, size_t at, int size, bool little_endian) {
  uint32_t word = 0;
  for (int i = 0; i < size; ++i) {
    word = word << 8 | Byte(bytes, at + (little_endian ? size - 1 - i : i));
  }
  return word;
}

}  // namespace

// Walks the segments up to the picture's header, and looks for the end marker, because libjpeg
// fills a missing end with gray.
RasterSize JpegSize(const std::string& bytes, const std::string& name) {
  size_t at = 2;
  while (at + 9 < bytes.size() && Byte(bytes, at) == 0xFF) {
    const unsigned marker = Byte(bytes, at + 1);
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      if (bytes.rfind("\xFF\xD9") == std::string::npos) {
        Fail(name, ": damaged JPEG: the file ends early");
      }
      return {Word(bytes, at + 7, 2, false), Word(bytes, at + 5, 2, false)};
    }
    at += 2 + Word(bytes, at + 2, 2, false);
  }
  Fail(name, ": damaged JPEG: no picture header");
}

RasterSize BmpSize(const std::string& bytes, const std::string& name) {
  if (bytes.size() < 26) Fail(name, ": damaged BMP: the file ends early");
  const auto side = [&](size_t at) {
    return std::abs(int64_t{static_cast<int32_t>(Word(bytes, at, 4, true))});
  };
  return {side(18), side(22)};
}

// The first directory's entries of 12 bytes: tag, type (3: 16 bits, 4: 32), count, value.
RasterSize TiffSize(const std::string& bytes, const std::string& name) {
  constexpr uint32_t kWidth = 256, kHeight = 257, kColours = 262, kOrientation = 274;
  const bool little = bytes[0] == 'I';
  const auto need = [&](size_t end) {
    if (end > bytes.size()) Fail(name, ": damaged TIFF: the file ends early");
  };
  need(8);
  const size_t directory = Word(bytes, 4, 4, little);
  need(directory + 2);
  const size_t entries = Word(bytes, directory, 2, little);
  need(directory + 2 + 12 * entries);
  RasterSize size;
  bool turned = false;
  for (size_t i = 0; i < entries; ++i) {
    const size_t at = directory + 2 + 12 * i;
    const uint32_t tag = Word(bytes, at, 2, little), type = Word(bytes, at + 2, 2, little);
    if (type != 3 && type != 4) continue;
    const uint32_t value = Word(bytes, at + 8, type == 3 ? 2 : 4, little);
    if (tag == kWidth) size.width_px = value;
    if (tag == kHeight) size.height_px = value;
    if (tag == kColours) size.has_palette = value == 3;
    if (tag == kOrientation) turned = value >= 5 && value <= 8;  // OpenCV sets it upright
  }
  if (turned) std::swap(size.width_px, size.height_px);
  return size;
}

}  // namespace ceres_align::io_internal
