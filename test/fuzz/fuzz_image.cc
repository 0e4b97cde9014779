// Images, masks, labels, run lengths, COCO's JSON, NPY.
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/io/coco_masks.h"
#include "ceres_align/io/coco_rle.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_labels.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/raster_file.h"
#include "fuzz.h"

namespace ceres_align::fuzz {
namespace {

constexpr int64_t kMostPixels = 1 << 14;  // of what is decoded: a header is cheap, its pixels not

// Looks at the size, then at every value.
class Sink : public io_internal::RasterSink {
 public:
  void Size(int width_px, int height_px, bool) override {
    Require(width_px > 0 && height_px > 0, "sizes are positive");
    width_px_ = width_px;
    height_px_ = height_px;
    if (int64_t{width_px} * height_px > kMostPixels) throw InputError("in.: large");
  }
  void Row(const float* values, int channels) override {
    Require(channels >= 1 && channels <= 4, "1 to 4 channels");
    Require(rows_++ < height_px_, "no more rows than the height");
    for (int i = 0; i < width_px_ * channels; ++i) sum_ += values[i];
  }
  bool whole() const { return rows_ > 0 && rows_ == height_px_; }

 private:
  int width_px_ = 0, height_px_ = 0, rows_ = 0;
  double sum_ = 0;
};

void RequireMask(const ImageF& mask) {
  for (const float value : mask.pixels) Require(value >= 0 && value <= 1, "coverage is in [0, 1]");
}

// The decoder, and where that reads it, one of what is made of images.
void Image(const char* name, const std::string& bytes) {
  bool decoded = false;
  for (const auto values :
       {io_internal::RasterValues::kFractions, io_internal::RasterValues::kNumbers}) {
    Expect("in.", [&] {
      Sink sink;
      io_internal::DecodeImage(bytes, name, &sink, values);
      Require(sink.whole(), "all rows come");
      decoded = true;
    });
  }
  if (!decoded) return;
  const std::string path = Write(name, bytes).string();
  const char* const ways[] = {"", "", ":1", ":#ff0000+#000000"};
  const size_t way = bytes.size() % 4;
  const std::optional<double> threshold = way == 1 ? std::optional<double>(0.5) : std::nullopt;
  Expect(name, [&] { RequireMask(LoadMask(path + ways[way], {}, threshold).mask); });
}

// What our code reads of files that OpenCV decodes.
void Headers(const std::string& bytes) {
  Expect("in.jpg", [&] { io_internal::JpegSize(bytes, "in.jpg"); });
  Expect("in.bmp", [&] { io_internal::BmpSize(bytes, "in.bmp"); });
  Expect("in.tif", [&] { io_internal::TiffSize(bytes, "in.tif"); });
}

void Coco(const std::string& bytes) {
  const std::string path = Write("in.json", bytes).string();
  // One for each input, for speed.
  const char* const selections[] = {"", ":a.png:mug", ":1:@0", "::all", ":1:7"};
  const size_t way = bytes.size() % 6;
  Expect("in.json", [&] {
    if (way == 5) {
      ReadImageSize(path);
    } else {
      RequireMask(LoadMask(path + selections[way], ImageSize{6, 5}).mask);
    }
  });
}

void Rle(const std::string& bytes) {
  constexpr int kWidth = 16, kHeight = 12;
  Expect("in.json", [&] {
    const std::vector<int64_t> runs =
        io_internal::ParseRleText(bytes, kWidth * kHeight, "in.json: counts");
    io_internal::CheckRuns(runs, kWidth, kHeight, "in.json: counts");
    ImageF mask(kWidth, kHeight);
    io_internal::AddRuns(runs, &mask);
    RequireMask(mask);
  });
}

// A mask as a user types it: "frame.png:3+4".
void Labels(const std::string& bytes) {
  ParseMaskSource(bytes);
  const auto labels = ParseMaskLabels(bytes);
  if (!labels) return;
  Require(!labels->values.empty(), "labels are not empty");
  for (const uint32_t value : labels->values) {
    const auto again = ParseMaskLabels(LabelText(value, labels->are_colours));
    Require(again && again->values.size() == 1 && again->values[0] == value, "labels read back");
  }
}

void Npy(const std::string& bytes) {
  Expect("in.npy", [&] {
    const NpyArray array = ParseNpy(bytes, "in.npy");
    const std::string again = NpyBytes(array);
    Require(ParseNpy(again, "in.npy").shape == array.shape, "shapes read back");
    MatrixFromNpy(array, "in.npy");
  });
}

}  // namespace

std::vector<Target> ImageTargets() {
  return {
      {"png", [](const std::string& bytes) { Image("in.png", bytes); }},
      {"pnm", [](const std::string& bytes) { Image("in.pgm", bytes); }},
      {"npy_image", [](const std::string& bytes) { Image("in.npy", bytes); }},
      {"image_headers", Headers},
      {"coco", Coco},
      {"coco_rle", Rle},
      {"mask_labels", Labels},
      {"npy", Npy},
  };
}

}  // namespace ceres_align::fuzz
