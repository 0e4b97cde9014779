// PBM, PGM and PPM, text and binary (P1 to P6).
#include <vector>

#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

class PnmReader {
 public:
  PnmReader(const std::string& bytes, const std::string& name)
      : bytes_(bytes), name_(name), kind_(bytes[1] - '0') {}

  void Read(RasterSink* sink, RasterValues meaning) {
    const bool is_bitmap = kind_ == 1 || kind_ == 4;
    const int64_t width = Number(), height = Number();
    maximum_ = is_bitmap ? 1 : Number();
    CheckPixelCount(width, height, name_);
    sink->Size(static_cast<int>(width), static_cast<int>(height), false);
    if (maximum_ < 1 || maximum_ > 65535)
      Fail(name_, ": the largest value ", maximum_, " of a PNM");
    const int channels = kind_ == 3 || kind_ == 6 ? 3 : 1;
    const int64_t row_values = width * channels;
    const int64_t row_bytes = kind_ <= 3   ? row_values  // a digit each, at least
                              : kind_ == 4 ? (width + 7) / 8
                                           : row_values * (maximum_ > 255 ? 2 : 1);
    if (kind_ >= 4) ++position_;  // the one blank behind the header
    if (row_bytes * height > static_cast<int64_t>(bytes_.size()) - position_) FailEarlyEnd();
    const float full = meaning == RasterValues::kFractions ? static_cast<float>(maximum_) : 1.0f;
    std::vector<float> values(row_values);
    for (int64_t row = 0; row < height; ++row) {
      for (int i = 0; i < row_values; ++i) {
        values[i] = static_cast<float>(Value(i)) / full;
      }
      if (kind_ == 4) position_ += row_bytes;
      sink->Row(values.data(), channels);
    }
  }

 private:
  [[noreturn]] void FailEarlyEnd() const { Fail(name_, ": damaged PNM: the file ends early"); }
  bool AtEnd() const { return position_ >= static_cast<int64_t>(bytes_.size()); }
  unsigned char Byte(int64_t at) const { return static_cast<unsigned char>(bytes_[at]); }

  void SkipBlanksAndComments() {
    bool in_comment = false;
    for (; !AtEnd(); ++position_) {
      const unsigned char c = Byte(position_);
      if (c == '#') in_comment = true;
      if (c == '\n') in_comment = false;
      if (!in_comment && !std::isspace(c)) return;
    }
    FailEarlyEnd();
  }

  int64_t Number() {
    SkipBlanksAndComments();
    int64_t value = 0;
    int digits = 0;
    for (; !AtEnd() && std::isdigit(Byte(position_)); ++position_, ++digits) {
      if (digits > 8) Fail(name_, ": damaged PNM: a number is too long");
      value = 10 * value + (Byte(position_) - '0');
    }
    if (digits == 0) Fail(name_, ": damaged PNM: no number where one should stand");
    return value;
  }

  // Value i of the current row. In bitmaps 1 is black ink, so 0 here.
  int64_t Value(int i) {
    int64_t value = 0;
    if (kind_ == 4) return 1 - (Byte(position_ + i / 8) >> (7 - i % 8) & 1);
    if (kind_ == 1) {
      SkipBlanksAndComments();  // digits need no blanks between them
      value = 1 - (Byte(position_++) - '0');
    } else if (kind_ <= 3) {
      value = Number();
    } else {
      value = Byte(position_++);
      if (maximum_ > 255) value = value << 8 | Byte(position_++);
    }
    if (value < 0 || value > maximum_) Fail(name_, ": damaged PNM: a value is out of range");
    return value;
  }

  const std::string& bytes_;
  const std::string& name_;
  const int kind_;
  int64_t position_ = 2;
  int64_t maximum_ = 1;
};

}  // namespace

void DecodePnm(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues values) {
  PnmReader(bytes, name).Read(sink, values);
}

}  // namespace ceres_align::io_internal
