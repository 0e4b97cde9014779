#include "ceres_align/io/raster_file.h"

#include "ceres_align/io/npy.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

bool StartsWith(const std::string& bytes, std::string_view prefix) {
  return bytes.compare(0, prefix.size(), prefix) == 0;
}
// OpenCV applies palettes.
[[noreturn]] void FailNumbers(const std::string& name, const char* kind) {
  Fail(name, ": the labels of ", kind, " are not read; save it as PNG");
}

bool IsPnm(const std::string& bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         std::isspace(static_cast<unsigned char>(bytes[2]));
}

}  // namespace

void CheckPixelCount(int64_t width_px, int64_t height_px, const std::string& name) {
  constexpr int64_t kMaxSide_px = int64_t{1} << 20;
  if (width_px > 0 && height_px > 0 && width_px <= kMaxSide_px && height_px <= kMaxSide_px &&
      width_px * height_px <= kMaxImagePixels) {
    return;
  }
  Fail(name, ": an image of ", width_px, "x", height_px, " pixels cannot be read");
}

void DecodeImage(const std::string& bytes, const std::string& name, RasterSink* sink,
                 RasterValues values) {
  if (bytes.empty()) Fail(name, ": the file is empty");
  if (bytes.size() > (size_t{1} << 30)) Fail(name, ": the file is too large for a mask");
  if (StartsWith(bytes, "\x89PNG\r\n\x1A\n")) return DecodePng(bytes, name, sink, values);
  if (LooksLikeNpy(bytes)) return DecodeNpy(bytes, name, sink, values);
  if (IsPnm(bytes)) return DecodePnm(bytes, name, sink, values);
  if (StartsWith(bytes, "\xFF\xD8\xFF")) {
    return DecodeWithOpenCv(bytes, name, JpegSize(bytes, name), true, values, sink);
  }
  if (StartsWith(bytes, "BM")) {
    if (values == RasterValues::kNumbers) FailNumbers(name, "a BMP");
    return DecodeWithOpenCv(bytes, name, BmpSize(bytes, name), false, values, sink);
  }
  if (StartsWith(bytes, std::string_view("II*\0", 4)) ||
      StartsWith(bytes, std::string_view("MM\0*", 4))) {
    const RasterSize size = TiffSize(bytes, name);
    if (values == RasterValues::kNumbers && size.has_palette) {
      FailNumbers(name, "a TIFF with a palette");
    }
    return DecodeWithOpenCv(bytes, name, size, false, values, sink);
  }
  Fail(name, ": not an image that is read here (PNG, JPEG, BMP, PNM, TIFF, NPY)");
}

}  // namespace ceres_align::io_internal
