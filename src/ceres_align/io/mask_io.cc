#include "ceres_align/io/mask_io.h"

#include <png.h>

#include <algorithm>
#include <cmath>

#include "ceres_align/io/coco_masks.h"
#include "ceres_align/io/coco_selection.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/label_image.h"
#include "ceres_align/io/mask_labels.h"
#include "ceres_align/io/mask_scan.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::RasterSink;

namespace {

// Rules 1 and 2: which number of a pixel is the mask's.
class MaskChannel : public RasterSink {
 public:
  MaskChannel(const std::string& name, std::optional<ImageSize> expected)
      : name_(name), expected_(expected) {}

  void Size(int width_px, int height_px, bool is_jpeg) override {
    io_internal::CheckImageSize({width_px, height_px}, expected_, name_);
    is_jpeg_ = is_jpeg;
    size_ = {width_px, height_px};
  }

  void Row(const float* values, int channels) override {
    const bool has_alpha = channels == 2 || channels == 4;
    const int colours = has_alpha ? channels - 1 : channels;
    // Only now: the header may lie.
    if (mask_.empty()) mask_ = ImageF(size_.width_px, size_.height_px);
    float* out = mask_.row(row_++);
    for (int column = 0; column < mask_.width; ++column, values += channels) {
      CheckRange(values, channels);
      if (has_alpha && values[colours] != 1 && !use_alpha_) {
        // All alpha so far was 1, which is thus the mask there.
        std::fill(mask_.pixels.data(), out + column, 1.0f);
        use_alpha_ = true;
      }
      out[column] = use_alpha_ ? values[colours] : *std::max_element(values, values + colours);
    }
  }

  bool is_jpeg() const { return is_jpeg_; }
  ImageF& mask() { return mask_; }

 private:
  void CheckRange(const float* values, int channels) const {
    for (int i = 0; i < channels; ++i) {
      if (values[i] >= 0 && values[i] <= 1) continue;
      Fail(name_, ": a pixel is ", values[i], "; float masks must lie in [0, 1]");
    }
  }

  const std::string name_;
  const std::optional<ImageSize> expected_;
  ImageSize size_;
  ImageF mask_;
  int row_ = 0;
  bool use_alpha_ = false, is_jpeg_ = false;
};

// Stops where the size is known.
class SizeOnly : public RasterSink {
 public:
  struct Known : std::exception {};
  void Size(int width_px, int height_px, bool) override {
    size = {width_px, height_px};
    throw Known();
  }
  void Row(const float*, int) override {}
  ImageSize size;
};

MaskChannel ReadMaskChannel(const std::filesystem::path& path, std::optional<ImageSize> expected) {
  MaskChannel channel(NameOf(path), expected);
  io_internal::DecodeImage(ReadFile(path), NameOf(path), &channel);
  return channel;
}

io_internal::MaskScan ScanOf(const ImageF& mask) {
  io_internal::MaskScan scan;
  scan.Add(mask.pixels.data(), mask.pixels.size());
  return scan;
}

// Rule 4; returns a warning or "".
std::string StretchTwoValued(ImageF* mask, io_internal::MaskScan* seen) {
  const float value = seen->other_value();
  if (value == 0) return "";
  for (float& v : mask->pixels) v = v == 0 ? 0.0f : 1.0f;
  *seen = ScanOf(*mask);
  return Cat("has the only values 0 and ", std::round(value * 65535) / 257,
             " (of 255); the latter was read as foreground");
}

void Threshold(double threshold, ImageF* mask) {
  // In float, as the values are: 0.1 in a float file is not below 0.1.
  const auto least = static_cast<float>(threshold);
  for (float& v : mask->pixels) v = v >= least ? 1.0f : 0.0f;
}

// Rule 6; returns a warning or "".
std::string ThresholdAt(double threshold, ImageF* mask, io_internal::MaskScan* seen) {
  const float most = seen->high();
  Threshold(threshold, mask);
  *seen = ScanOf(*mask);
  if (most == 0 || most >= static_cast<float>(threshold)) return "";
  return Cat("is empty: its largest value, ", most, ", is below mask_threshold, ", threshold);
}

// Nearly all of the frame's edge is foreground, a thousandth of the image is not.
bool LooksInverted(const ImageF& mask, int64_t num_below_half) {
  const auto is_in = [&](int column, int row) { return mask.at(column, row) >= 0.5f; };
  int64_t edge = 0, edge_in = 0;
  for (int column = 0; column < mask.width; ++column) {
    edge_in += is_in(column, 0) + is_in(column, mask.height - 1);
    edge += 2;
  }
  for (int row = 0; row < mask.height; ++row) {
    edge_in += is_in(0, row) + is_in(mask.width - 1, row);
    edge += 2;
  }
  return edge_in >= 0.95 * edge && num_below_half >= 1e-3 * mask.pixels.size();
}

// One that the cache owns, or a temporary's own.
class ParsedCoco {
 public:
  ParsedCoco(const std::filesystem::path& file, MaskCache* cache)
      : file_((cache != nullptr ? cache->coco() : own_).Get(file)) {}
  const io_internal::CocoFile& get() const { return file_; }

 private:
  io_internal::CocoFiles own_;
  const io_internal::CocoFile& file_;
};

// Things that are allowed and rarely meant.
std::string OddMask(const LoadedMask& loaded, const io_internal::MaskScan& all) {
  if (all.low() == 1) return "is all foreground";
  if (all.high() > 0 && all.high() < 0.5f) {
    return Cat("never reaches one half: its largest coverage is ", all.high());
  }
  if (LooksInverted(loaded.mask, all.num_below_half())) {
    return "has foreground along the image's whole edge and none in a part of its inside: if it is "
           "inverted, invert it";
  }
  if (loaded.area_px > 0 && loaded.area_px < kMinForeground_px) {
    return Cat("has only ", loaded.area_px, loaded.area_px == 1 ? " pixel" : " pixels",
               " of foreground; at least ", kMinForeground_px, " are needed");
  }
  return "";
}

void Warn(const std::string& name, const std::string& text, LoadedMask* loaded) {
  if (!text.empty()) loaded->warnings.push_back(Cat(name, ": the mask ", text));
}

// Rule 6, the area, and what is odd.
void Finish(const std::string& name, std::optional<double> threshold, io_internal::MaskScan seen,
            LoadedMask* loaded) {
  if (threshold) Warn(name, ThresholdAt(*threshold, &loaded->mask, &seen), loaded);
  loaded->area_px = seen.sum();
  Warn(name, OddMask(*loaded, seen), loaded);
}

}  // namespace

MaskCache::MaskCache() : coco_(std::make_unique<io_internal::CocoFiles>()) {}
MaskCache::~MaskCache() = default;
int MaskCache::num_parsed() const { return coco_->size(); }

ImageSize ReadImageSize(const std::filesystem::path& path, MaskCache* cache) {
  SizeOnly sink;
  const MaskSource source = ParseMaskSource(path);
  if (source.coco) {
    return io_internal::CocoImageSize(ParsedCoco(source.file, cache).get(), *source.coco);
  }
  const std::filesystem::path& file = source.file;
  try {
    io_internal::DecodeImage(ReadFile(file), NameOf(file), &sink);
  } catch (const SizeOnly::Known&) {
  }
  return sink.size;
}

std::string NameOfMask(const std::filesystem::path& path, MaskCache* cache) {
  const MaskSource source = ParseMaskSource(path);
  if (!source.coco) return source.file.stem().string();
  return io_internal::CocoImageName(ParsedCoco(source.file, cache).get(), *source.coco);
}

void CheckMaskThreshold(double threshold, const std::string& place) {
  if (threshold > 0 && threshold <= 1) return;
  Fail(place, " is ", threshold, "; it must be above 0 and at most 1");
}

LoadedMask MaskFromFractions(ImageF fractions, const std::string& name,
                             std::optional<double> threshold) {
  const io_internal::MaskScan seen = ScanOf(fractions);
  return io_internal::MaskFromScanned(std::move(fractions), seen, name, threshold);
}

LoadedMask io_internal::MaskFromScanned(ImageF fractions, const MaskScan& seen,
                                        const std::string& name, std::optional<double> threshold) {
  CHECK(!fractions.empty());
  if (threshold) CheckMaskThreshold(*threshold, name + ": mask_threshold");
  LoadedMask loaded;
  loaded.mask = std::move(fractions);
  MaskScan now = seen;
  Warn(name, StretchTwoValued(&loaded.mask, &now), &loaded);
  Finish(name, threshold, now, &loaded);
  return loaded;
}

LoadedMask LoadMask(const std::filesystem::path& path, std::optional<ImageSize> expected,
                    std::optional<double> threshold, MaskCache* cache) {
  if (threshold) CheckMaskThreshold(*threshold, NameOf(path) + ": mask_threshold");
  LoadedMask loaded;
  const MaskSource source = ParseMaskSource(path);
  if (source.labels) {
    loaded.mask = io_internal::LoadLabels(source.file, *source.labels, expected);
  } else if (source.coco) {
    std::string warning;
    loaded.mask = io_internal::LoadCocoMask(ParsedCoco(source.file, cache).get(), *source.coco,
                                            expected, &warning);
    Warn(NameOf(path), warning, &loaded);
  } else {
    MaskChannel channel = ReadMaskChannel(path, expected);
    if (!channel.is_jpeg()) {
      return MaskFromFractions(std::move(channel.mask()), NameOf(path), threshold);
    }
    loaded.mask = std::move(channel.mask());
    if (!threshold) {
      Threshold(0.5, &loaded.mask);
      Warn(NameOf(path), "is a JPEG; it was thresholded at one half", &loaded);
    }
  }
  Finish(NameOf(path), threshold, ScanOf(loaded.mask), &loaded);
  return loaded;
}

ImageF LoadIgnore(const std::filesystem::path& path, std::optional<ImageSize> expected,
                  MaskCache* cache) {
  const MaskSource source = ParseMaskSource(path);
  if (source.labels) return io_internal::LoadLabels(source.file, *source.labels, expected);
  ImageF ignore;
  bool is_jpeg = false;
  if (source.coco) {
    std::string warning;  // an empty one is no surprise here
    ignore = io_internal::LoadCocoMask(ParsedCoco(source.file, cache).get(), *source.coco, expected,
                                       &warning);
  } else {
    MaskChannel channel = ReadMaskChannel(path, expected);
    ignore = std::move(channel.mask());
    is_jpeg = channel.is_jpeg();
  }
  if (is_jpeg) {
    Threshold(0.5, &ignore);
  } else {
    for (float& v : ignore.pixels) v = v == 0 ? 0.0f : 1.0f;
  }
  return ignore;
}

void SaveMask(const std::filesystem::path& path, const ImageF& mask) {
  CHECK(!mask.empty());
  std::vector<unsigned char> values(mask.pixels.size());
  std::transform(mask.pixels.begin(), mask.pixels.end(), values.begin(), [](float v) {
    return static_cast<unsigned char>(std::lround(255 * double{std::clamp(v, 0.0f, 1.0f)}));
  });
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(mask.width);
  image.height = static_cast<png_uint_32>(mask.height);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string encoded(size, '\0');
  CHECK(png_image_write_to_memory(&image, encoded.data(), &size, 0, values.data(), 0, nullptr))
      << image.message;
  encoded.resize(size);
  WriteFileWhole(path, encoded);
}

}  // namespace ceres_align
