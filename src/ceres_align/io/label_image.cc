#include "ceres_align/io/label_image.h"

#include <algorithm>
#include <set>

#include "ceres_align/io/files.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// Which pixels have the labels, and which labels there are.
class LabelSink : public RasterSink {
 public:
  LabelSink(std::string name, const MaskLabels& labels, std::optional<ImageSize> expected)
      : name_(std::move(name)), labels_(labels), expected_(expected) {}

  void Size(int width_px, int height_px, bool is_jpeg) override {
    CheckImageSize({width_px, height_px}, expected_, name_);
    if (is_jpeg) Fail(name_, ": a JPEG's values are not exact, so it has no labels; PNG has");
    size_ = {width_px, height_px};
  }

  void Row(const float* values, int channels) override {
    if (mask_.empty()) mask_ = ImageF(size_.width_px, size_.height_px);
    float* out = mask_.row(row_++);
    for (int column = 0; column < mask_.width; ++column, values += channels) {
      const uint32_t label = LabelOf(values, channels);
      if (label != last_) present_.insert(label);
      last_ = label;
      out[column] = std::count(labels_.values.begin(), labels_.values.end(), label) > 0 ? 1 : 0;
    }
  }

  // With every label found.
  ImageF Take() {
    for (const uint32_t label : labels_.values) {
      if (present_.count(label) > 0) continue;
      Fail(name_, ": no pixel has the label ", LabelText(label, labels_.are_colours), "; it has ",
           Present());
    }
    return std::move(mask_);
  }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  // Gray and colour images may have an alpha channel, which is left out.
  uint32_t LabelOf(const float* values, int channels) const {
    const float r = values[0], g = channels >= 3 ? values[1] : r, b = channels >= 3 ? values[2] : r;
    if (labels_.are_colours) return Byte(r) << 16 | Byte(g) << 8 | Byte(b);
    if (r != g || r != b) {
      Fail(name_, ": the image is in colours; its labels are colours too, such as ",
           LabelText(Byte(r) << 16 | Byte(g) << 8 | Byte(b), true));
    }
    return Whole(r, 65535);
  }

  uint32_t Whole(float value, float most) const {
    if (value >= 0 && value <= most && value == static_cast<float>(static_cast<int>(value))) {
      return static_cast<uint32_t>(value);
    }
    Fail(name_, ": a pixel is ", value, "; labels are whole numbers from 0 to ", most);
  }
  uint32_t Byte(float value) const { return Whole(value, 255); }

  std::string Present() const {
    constexpr int kMostListed = 16;
    std::string text;
    int listed = 0;
    for (const uint32_t label : present_) {
      if (++listed > kMostListed)
        return text + Cat(" and ", present_.size() - kMostListed, " more");
      text += (listed > 1 ? ", " : "") + LabelText(label, labels_.are_colours);
    }
    return text;
  }

  const std::string name_;
  const MaskLabels& labels_;
  const std::optional<ImageSize> expected_;
  ImageSize size_;
  ImageF mask_;
  int row_ = 0;
  uint32_t last_ = kNone;
  std::set<uint32_t> present_;
};

}  // namespace

ImageF LoadLabels(const std::filesystem::path& file, const MaskLabels& labels,
                  std::optional<ImageSize> expected) {
  LabelSink sink(NameOf(file), labels, expected);
  DecodeImage(ReadFile(file), NameOf(file), &sink,
              labels.are_colours ? RasterValues::kColours : RasterValues::kNumbers);
  return sink.Take();
}

void CheckImageSize(ImageSize size, std::optional<ImageSize> expected, const std::string& name) {
  if (!expected || (expected->width_px == size.width_px && expected->height_px == size.height_px)) {
    return;
  }
  Fail(name, ": the image has ", size.width_px, "x", size.height_px,
       " pixels (width x height), the camera ", expected->width_px, "x", expected->height_px);
}

}  // namespace ceres_align::io_internal
