#include "ceres_align/maps/photo.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>

#include "ceres_align/io/files.h"
#include "ceres_align/io/raster_file.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

class PhotoSink : public io_internal::RasterSink {
 public:
  void Size(int width_px, int height_px, bool /*is_jpeg*/) override {
    photo_ = RgbImage(width_px, height_px);
  }
  void Row(const float* values, int channels) override {
    const auto byte = [](float v) {
      return static_cast<uint8_t>(std::lround(255 * std::clamp(v, 0.0f, 1.0f)));
    };
    const bool is_gray = channels < 3;
    for (int c = 0; c < photo_.width; ++c) {
      const float* v = values + static_cast<size_t>(c) * channels;
      photo_.at(c, row_) = {byte(v[0]), byte(v[is_gray ? 0 : 1]), byte(v[is_gray ? 0 : 2])};
    }
    ++row_;
  }
  RgbImage Take() { return std::move(photo_); }

 private:
  RgbImage photo_;
  int row_ = 0;
};

}  // namespace

RgbImage LoadPhoto(const fs::path& path) {
  PhotoSink sink;
  io_internal::DecodeImage(ReadFile(path), path.string(), &sink);
  return sink.Take();
}

fs::path FindPhoto(const fs::path& folder, const std::string& name) {
  fs::path found;
  for (const std::string extension : {"png", "jpg", "jpeg", "bmp", "ppm", "pgm", "tif", "tiff"}) {
    std::string capitals = extension;
    for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (const std::string& ending : {extension, capitals}) {
      const fs::path path = folder / (name + "." + ending);
      std::error_code error;
      if (!fs::exists(path, error)) continue;
      if (!found.empty()) {
        throw InputError(path.string() + ": " + found.filename().string() +
                         " is there too; which of the two is the photograph?");
      }
      found = path;
    }
  }
  return found;
}

}  // namespace ceres_align
