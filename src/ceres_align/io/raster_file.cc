#include "ceres_align/io/raster_file.h"

#include <opencv2/imgcodecs.hpp>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

bool StartsWith(const std::string& bytes, std::string_view prefix) {
  return bytes.compare(0, prefix.size(), prefix) == 0;
}
unsigned Byte(const std::string& bytes, size_t at) { return static_cast<unsigned char>(bytes[at]); }

// Walks the segments up to the picture's header, so that a lying size allocates nothing, and
// looks for the end marker, because libjpeg fills a missing end with gray.
void CheckJpeg(const std::string& bytes, const std::string& name) {
  size_t at = 2;
  while (at + 9 < bytes.size() && Byte(bytes, at) == 0xFF) {
    const unsigned marker = Byte(bytes, at + 1);
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      CheckPixelCount(Byte(bytes, at + 7) << 8 | Byte(bytes, at + 8),
                      Byte(bytes, at + 5) << 8 | Byte(bytes, at + 6), name);
      if (bytes.rfind("\xFF\xD9") == std::string::npos)
        Fail(name, ": damaged JPEG: the file ends early");
      return;
    }
    at += 2 + (Byte(bytes, at + 2) << 8 | Byte(bytes, at + 3));
  }
  Fail(name, ": damaged JPEG: no picture header");
}

void CheckBmp(const std::string& bytes, const std::string& name) {
  if (bytes.size() < 26) Fail(name, ": damaged BMP: the file ends early");
  int32_t size[2];
  for (int k = 0; k < 2; ++k) {
    uint32_t word = 0;
    for (int i = 3; i >= 0; --i) word = word << 8 | Byte(bytes, 18 + 4 * k + i);
    size[k] = static_cast<int32_t>(word);
  }
  CheckPixelCount(std::abs(int64_t{size[0]}), std::abs(int64_t{size[1]}), name);
}

RasterFile FromMat(const cv::Mat& image, const std::string& name) {
  double scale = 1;
  if (image.depth() == CV_8U) {
    scale = 1.0 / 255;
  } else if (image.depth() == CV_16U) {
    scale = 1.0 / 65535;
  } else if (image.depth() != CV_32F && image.depth() != CV_64F) {
    Fail(name, ": pixels of a type that is no mask's (8 or 16 bits or float are read)");
  }
  RasterFile file;
  file.channels = image.channels();
  if (file.channels > 4) Fail(name, ": ", file.channels, " channels");
  file.width_px = image.cols;
  file.height_px = image.rows;
  file.values = Image<float>(image.cols * file.channels, image.rows);
  cv::Mat values(image.rows, image.cols, CV_MAKETYPE(CV_32F, file.channels),
                 file.values.pixels.data());
  image.convertTo(values, CV_32F, scale);
  return file;
}

RasterFile DecodeWithOpenCv(const std::string& bytes, const std::string& name) {
  cv::Mat image;
  try {
    image = cv::imdecode(
        cv::Mat(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data())),
        cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) Fail(name, ": damaged image, it cannot be decoded");
  return FromMat(image, name);
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

RasterFile DecodeImage(const std::string& bytes, const std::string& name) {
  if (bytes.empty()) Fail(name, ": the file is empty");
  if (bytes.size() > (size_t{1} << 30)) Fail(name, ": the file is too large for a mask");
  if (StartsWith(bytes, "\x89PNG\r\n\x1A\n")) return DecodePng(bytes, name);
  if (StartsWith(bytes, "\xFF\xD8\xFF")) {
    CheckJpeg(bytes, name);
    RasterFile file = DecodeWithOpenCv(bytes, name);
    file.is_jpeg = true;
    return file;
  }
  const bool is_bmp = StartsWith(bytes, "BM");
  if (is_bmp) CheckBmp(bytes, name);
  const bool is_tiff = StartsWith(bytes, std::string_view("II*\0", 4)) ||
                       StartsWith(bytes, std::string_view("MM\0*", 4));
  if (IsPnm(bytes)) return DecodePnm(bytes, name);
  if (is_bmp || is_tiff) return DecodeWithOpenCv(bytes, name);
  Fail(name, ": not an image that is read here (PNG, JPEG, BMP, PNM, TIFF)");
}

}  // namespace ceres_align::io_internal
