#include "ceres_align/maps/image_files.h"

#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfIO.h>
#include <ImfOutputFile.h>
#include <ImfStandardAttributes.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "ceres_align/render/for_each_cpu.h"
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

// Bits of the nearest half (ties to even); of a zero +0.
CA_FOR_EACH_CPU
void ToHalves(const float* values, size_t count, uint16_t* halves) {
  constexpr uint32_t kLeastNormal = 113u << 23;  // 2^−14
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &values[i], sizeof(bits));
    const uint32_t size = bits & 0x7fffffffu;
    const uint32_t sign = size == 0 ? 0 : (bits >> 16) & 0x8000u;
    const uint32_t normal = (size + 0xfffu + ((size >> 13) & 1)) >> 13;
    // Below, in steps of 2^−24, which are those of floats from 0.5 on.
    float shifted;
    std::memcpy(&shifted, &size, sizeof(shifted));
    shifted += 0.5f;
    uint32_t small;
    std::memcpy(&small, &shifted, sizeof(small));
    halves[i] = static_cast<uint16_t>(
        sign | (size >= kLeastNormal ? normal - (112u << 10) : small - (126u << 23)));
  }
}

void WriteFloats(int width_px, int height_px, const float* pixels,
                 const std::vector<const char*>& channels, Imf::OutputFile* file) {
  const size_t pixel = channels.size() * sizeof(float);
  Imf::FrameBuffer buffer;
  for (size_t c = 0; c < channels.size(); ++c) {
    auto* first = const_cast<char*>(reinterpret_cast<const char*>(pixels + c));
    buffer.insert(channels[c], Imf::Slice(Imf::FLOAT, first, pixel, pixel * width_px));
  }
  file->setFrameBuffer(buffer);
  file->writePixels(height_px);
}

// Some rows at a time, which stay in the processor's cache.
void WriteHalves(int width_px, int height_px, const float* pixels,
                 const std::vector<const char*>& channels, Imf::OutputFile* file) {
  constexpr int kRows = 16;
  const size_t pixel = channels.size() * sizeof(uint16_t), row = channels.size() * width_px;
  std::vector<uint16_t> rows(kRows * row);
  for (int first = 0; first < height_px; first += kRows) {
    const int count = std::min(kRows, height_px - first);
    ToHalves(pixels + first * row, count * row, rows.data());
    Imf::FrameBuffer buffer;
    for (size_t c = 0; c < channels.size(); ++c) {
      // OpenEXR counts from the image's first row.
      buffer.insert(channels[c], Imf::Slice::Make(Imf::HALF, &rows[c], Imath::V2i(0, first),
                                                  width_px, count, pixel, pixel * width_px));
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
      row[c] = Rounded<uint8_t>(255 * std::clamp(values[c], 0.0f, 1.0f));
    }
    return row.data();
  });
}

std::string EncodePng(const Image<Rgba>& image) {
  static_assert(sizeof(Rgba) == 4, "rows are written as they are");
  return EncodePngRows({image.width, image.height, 8, 4}, [&](int r) { return image.row(r); });
}

std::string EncodeExr(int width_px, int height_px, const float* pixels,
                      const std::vector<const char*>& channels, ExrType type,
                      const std::string& comment) {
  CHECK(width_px > 0 && height_px > 0);
  try {
    Imf::Header header(width_px, height_px);
    header.compression() = Imf::RLE_COMPRESSION;
    header.zipCompressionLevel() = 1;
    if (!comment.empty()) Imf::addComments(header, comment);
    for (const char* channel : channels) {
      header.channels().insert(channel,
                               Imf::Channel(type == ExrType::kHalf ? Imf::HALF : Imf::FLOAT));
    }
    StringStream stream;
    {
      Imf::OutputFile file(stream, header, 0);
      if (type == ExrType::kHalf) {
        WriteHalves(width_px, height_px, pixels, channels, &file);
      } else {
        WriteFloats(width_px, height_px, pixels, channels, &file);
      }
    }
    return stream.Take();
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string("an EXR could not be encoded: ") + error.what());
  }
}

}  // namespace ceres_align
