#include "ceres_align/io/mask_io.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "ceres_align/io/files.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::RasterFile;

namespace {

bool HasAlpha(const RasterFile& file) { return file.channels == 2 || file.channels == 4; }

bool AlphaIsOpaque(const RasterFile& file) {
  for (int row = 0; row < file.height_px; ++row) {
    for (int column = 0; column < file.width_px; ++column) {
      if (file.Pixel(column, row)[file.channels - 1] != 1) return false;
    }
  }
  return true;
}

// Rules 1 and 2: which number of a pixel is the mask's.
ImageF MaskChannel(const RasterFile& file) {
  const bool use_alpha = HasAlpha(file) && !AlphaIsOpaque(file);
  const int colours = HasAlpha(file) ? file.channels - 1 : file.channels;
  ImageF mask(file.width_px, file.height_px);
  for (int row = 0; row < file.height_px; ++row) {
    for (int column = 0; column < file.width_px; ++column) {
      const float* pixel = file.Pixel(column, row);
      mask.at(column, row) =
          use_alpha ? pixel[file.channels - 1] : *std::max_element(pixel, pixel + colours);
    }
  }
  return mask;
}

RasterFile ReadRaster(const std::filesystem::path& path, std::optional<ImageSize> expected) {
  const std::string name = path.string();
  RasterFile file = io_internal::DecodeImage(ReadFile(path), name);
  for (float value : file.values.pixels) {
    if (value >= 0 && value <= 1) continue;
    Fail(name, ": a pixel is ", value, "; float masks must lie in [0, 1]");
  }
  if (expected && (expected->width_px != file.width_px || expected->height_px != file.height_px)) {
    Fail(name, ": the image has ", file.width_px, "x", file.height_px,
         " pixels (width x height), the camera ", expected->width_px, "x", expected->height_px);
  }
  return file;
}

// Rule 4; returns a warning or "".
std::string StretchTwoValued(ImageF* mask) {
  float value = 0;
  for (float v : mask->pixels) {
    if (v == 0 || v == value) continue;
    if (value != 0) return "";
    value = v;
  }
  if (value == 0 || value == 1) return "";
  for (float& v : mask->pixels) v = v == 0 ? 0.0f : 1.0f;
  return Cat("has the only values 0 and ", std::round(value * 65535) / 257,
             " (of 255); the latter was read as foreground");
}

void Threshold(ImageF* mask) {
  for (float& v : mask->pixels) v = v >= 0.5f ? 1.0f : 0.0f;
}

// Things that are allowed and rarely meant.
std::string OddMask(const LoadedMask& loaded) {
  const auto [low, high] =
      std::minmax_element(loaded.mask.pixels.begin(), loaded.mask.pixels.end());
  if (*low == 1) return "is all foreground";
  if (*high > 0 && *high < 0.5f) {
    return Cat("never reaches one half: its largest coverage is ", *high);
  }
  if (loaded.area_px > 0 && loaded.area_px < kMinForeground_px) {
    return Cat("has only ", loaded.area_px, loaded.area_px == 1 ? " pixel" : " pixels",
               " of foreground; at least ", kMinForeground_px, " are needed");
  }
  return "";
}

}  // namespace

LoadedMask LoadMask(const std::filesystem::path& path, std::optional<ImageSize> expected) {
  const RasterFile file = ReadRaster(path, expected);
  LoadedMask loaded;
  const auto warn = [&](const std::string& text) {
    if (!text.empty()) loaded.warnings.push_back(Cat(path.string(), ": the mask ", text));
  };
  loaded.mask = MaskChannel(file);
  if (file.is_jpeg) {
    Threshold(&loaded.mask);
    warn("is a JPEG; it was thresholded at one half");
  } else {
    warn(StretchTwoValued(&loaded.mask));
  }
  for (float v : loaded.mask.pixels) loaded.area_px += v;
  warn(OddMask(loaded));
  return loaded;
}

ImageF LoadIgnore(const std::filesystem::path& path, std::optional<ImageSize> expected) {
  const RasterFile file = ReadRaster(path, expected);
  ImageF ignore = MaskChannel(file);
  if (file.is_jpeg) {
    Threshold(&ignore);
  } else {
    for (float& v : ignore.pixels) v = v == 0 ? 0.0f : 1.0f;
  }
  return ignore;
}

void SaveMask(const std::filesystem::path& path, const ImageF& mask) {
  CHECK(!mask.empty());
  cv::Mat image(mask.height, mask.width, CV_8U);
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      const float value = std::clamp(mask.at(column, row), 0.0f, 1.0f);
      image.at<unsigned char>(row, column) =
          static_cast<unsigned char>(std::lround(255 * double{value}));
    }
  }
  std::vector<unsigned char> encoded;
  CHECK(cv::imencode(".png", image, encoded));
  WriteFileWhole(path, std::string(encoded.begin(), encoded.end()));
}

}  // namespace ceres_align
