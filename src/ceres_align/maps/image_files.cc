#include "ceres_align/maps/image_files.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfOutputFile.h>
#include <ImfStandardAttributes.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "ceres_align/report/png_rows.h"

namespace ceres_align {
namespace {

// A file in memory.
class StringStream : public Imf::OStream {
 public:
  StringStream() : Imf::OStream("memory") {}
  void write(const char c[], int n) override {
    if (place_ + n > bytes_.size()) bytes_.resize(place_ + n);
    std::copy(c, c + n, bytes_.begin() + static_cast<std::ptrdiff_t>(place_));
    place_ += n;
  }
  uint64_t tellp() override { return place_; }
  void seekp(uint64_t place) override { place_ = place; }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  size_t place_ = 0;
};

void WriteFloats(int width_px, int height_px, const std::vector<ExrChannel>& channels,
                 Imf::OutputFile* file) {
  Imf::FrameBuffer buffer;
  for (const ExrChannel& channel : channels) {
    const size_t pixel = channel.stride * sizeof(float);
    buffer.insert(
        channel.name,
        Imf::Slice(Imf::FLOAT, const_cast<char*>(reinterpret_cast<const char*>(channel.first)),
                   pixel, pixel * width_px));
  }
  file->setFrameBuffer(buffer);
  file->writePixels(height_px);
}

// Some rows at a time, which stay in the processor's cache.
void WriteHalves(int width_px, int height_px, const std::vector<ExrChannel>& channels,
                 Imf::OutputFile* file) {
  constexpr int kRows = 16;
  const size_t width = width_px;
  std::vector<half> rows(channels.size() * kRows * width);
  for (int first = 0; first < height_px; first += kRows) {
    const int count = std::min(kRows, height_px - first);
    Imf::FrameBuffer buffer;
    for (size_t c = 0; c < channels.size(); ++c) {
      half* out = &rows[c * kRows * width];
      const float* in = channels[c].first + first * width * channels[c].stride;
      for (size_t i = 0; i < count * width; ++i) {
        const float value = in[i * channels[c].stride];
        out[i] = value == 0 ? half() : half(value);
      }
      // OpenEXR counts from the image's first row.
      buffer.insert(channels[c].name,
                    Imf::Slice::Make(Imf::HALF, out, Imath::V2i(0, first), width_px, count));
    }
    file->setFrameBuffer(buffer);
    file->writePixels(count);
  }
}

}  // namespace

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
      row[c] = static_cast<uint8_t>(std::lround(255 * std::clamp(values[c], 0.0f, 1.0f)));
    }
    return row.data();
  });
}

std::string EncodePng(const Image<Rgba>& image) {
  static_assert(sizeof(Rgba) == 4, "rows are written as they are");
  return EncodePngRows({image.width, image.height, 8, 4}, [&](int r) { return image.row(r); });
}

std::string EncodeExr(int width_px, int height_px, const std::vector<ExrChannel>& channels,
                      ExrType type, const std::string& comment) {
  CHECK(width_px > 0 && height_px > 0);
  try {
    Imf::Header header(width_px, height_px);
    header.compression() = Imf::RLE_COMPRESSION;
    header.zipCompressionLevel() = 1;
    if (!comment.empty()) Imf::addComments(header, comment);
    for (const ExrChannel& channel : channels) {
      header.channels().insert(channel.name,
                               Imf::Channel(type == ExrType::kHalf ? Imf::HALF : Imf::FLOAT));
    }
    StringStream stream;
    {
      Imf::OutputFile file(stream, header, 0);
      if (type == ExrType::kHalf) {
        WriteHalves(width_px, height_px, channels, &file);
      } else {
        WriteFloats(width_px, height_px, channels, &file);
      }
    }
    return stream.Take();
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("an EXR could not be encoded: ") + error.what());
  }
}

}  // namespace ceres_align
