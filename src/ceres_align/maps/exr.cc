// OpenEXR files with RLE, byte for byte as the OpenEXR library writes them. It would cost every
// start of a program 0.5 ms. Format: https://openexr.com/en/latest/OpenEXRFileLayout.html
#include <algorithm>
#include <cstring>
#include <numeric>

#include "ceres_align/base/error.h"
#include "ceres_align/maps/image_files.h"
#include "ceres_align/render/for_each_cpu.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "EXR has the bytes of numbers so");

namespace ceres_align {
namespace {

// Bits of the nearest half (ties to even); of a zero +0.
CA_FOR_EACH_CPU
void ToHalves(const float* values, size_t count, size_t step, uint16_t* halves) {
  constexpr uint32_t kLeastNormal = 113u << 23;  // 2^−14
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, &values[i * step], sizeof(bits));
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

template <typename Number>
void AppendNumber(Number number, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void AppendAttribute(const char* name, const char* type, const std::string& value,
                     std::string* bytes) {
  bytes->append(name).append(1, '\0').append(type).append(1, '\0');
  AppendNumber(static_cast<int32_t>(value.size()), bytes);
  *bytes += value;
}

// `channels` sorted by name.
std::string ChannelList(const std::vector<const char*>& channels, ExrType type) {
  std::string list;
  for (const char* channel : channels) {
    list.append(channel).append(1, '\0');
    AppendNumber<int32_t>(type == ExrType::kHalf ? 1 : 2, &list);
    AppendNumber<int32_t>(0, &list);  // perceptually linear: no; three bytes that mean nothing
    AppendNumber<int32_t>(1, &list);  // one sample per pixel, in x and y
    AppendNumber<int32_t>(1, &list);
  }
  return list + '\0';
}

std::string Header(int width_px, int height_px, const std::vector<const char*>& channels,
                   ExrType type, const std::string& comment) {
  std::string window, one, header;
  for (const int32_t bound : {0, 0, width_px - 1, height_px - 1}) AppendNumber(bound, &window);
  AppendNumber(1.0f, &one);
  AppendNumber<int32_t>(20000630, &header);  // the format's number, and its version
  AppendNumber<int32_t>(2, &header);
  AppendAttribute("channels", "chlist", ChannelList(channels, type), &header);
  if (!comment.empty()) AppendAttribute("comments", "string", comment, &header);
  AppendAttribute("compression", "compression", "\1", &header);
  AppendAttribute("dataWindow", "box2i", window, &header);
  AppendAttribute("displayWindow", "box2i", window, &header);
  AppendAttribute("lineOrder", "lineOrder", std::string(1, '\0'), &header);
  AppendAttribute("pixelAspectRatio", "float", one, &header);
  AppendAttribute("screenWindowCenter", "v2f", std::string(8, '\0'), &header);
  AppendAttribute("screenWindowWidth", "float", one, &header);
  return header + '\0';
}

// First the even bytes, then the odd ones, each less the one before, which makes runs.
CA_FOR_EACH_CPU
void MakeRuns(const uint8_t* row, size_t size, uint8_t* sorted, uint8_t* runs) {
  uint8_t* odd = sorted + (size + 1) / 2;
  for (size_t i = 0; i < size / 2; ++i) {
    sorted[i] = row[2 * i];
    odd[i] = row[2 * i + 1];
  }
  runs[0] = sorted[0];
  for (size_t i = 1; i < size; ++i) runs[i] = static_cast<uint8_t>(sorted[i] - sorted[i - 1] + 128);
}

// Runs of at least three equal bytes as length − 1 and the byte; others as −length and the bytes,
// up to where a run begins. `out` has room for 3/2 of `size`. Returns the end.
uint8_t* Compress(const uint8_t* in, size_t size, uint8_t* out) {
  constexpr int kLongest = 127;
  const uint8_t* const end = in + size;
  for (const uint8_t *start = in, *stop = in + 1; start < end; ++stop) {
    while (stop < end && *start == *stop && stop - start - 1 < kLongest) ++stop;
    if (stop - start >= 3) {
      *out++ = static_cast<uint8_t>(stop - start - 1);
      *out++ = *start;
      start = stop;
      continue;
    }
    while (stop < end && stop - start < kLongest &&
           (stop + 2 >= end || stop[0] != stop[1] || stop[1] != stop[2])) {
      ++stop;
    }
    *out++ = static_cast<uint8_t>(start - stop);
    out = std::copy(start, stop, out);
    start = stop;
  }
  return out;
}

// Turns one row of pixels after the other into what the file has of it.
class RowPacker {
 public:
  RowPacker(size_t width, const std::vector<const char*>& channels, ExrType type)
      : width_(width), type_(type), channels_(channels.size()) {
    std::iota(channels_.begin(), channels_.end(), 0);
    std::sort(channels_.begin(), channels_.end(),
              [&](size_t a, size_t b) { return std::strcmp(channels[a], channels[b]) < 0; });
    channel_bytes_ = width * (type == ExrType::kHalf ? sizeof(uint16_t) : sizeof(float));
    const size_t size = channel_bytes_ * channels_.size();
    CHECK(size > 0 && size < (size_t{1} << 30)) << width << "x" << channels_.size();
    row_.resize(size);
    sorted_.resize(size);
    runs_.resize(size);
    packed_.resize(size + size / 2 + 2);
  }

  /// Indices of the channels, by name.
  const std::vector<size_t>& channels() const { return channels_; }

  /// The row's size and bytes, compressed if that makes them fewer.
  void Append(const float* pixels, std::string* file) {
    const size_t num_channels = channels_.size();
    for (size_t k = 0; k < num_channels; ++k) {
      uint8_t* out = row_.data() + k * channel_bytes_;
      const float* values = pixels + channels_[k];
      if (type_ == ExrType::kHalf) {
        ToHalves(values, width_, num_channels, reinterpret_cast<uint16_t*>(out));
      } else {
        for (size_t i = 0; i < width_; ++i) {
          std::memcpy(out + i * sizeof(float), &values[i * num_channels], sizeof(float));
        }
      }
    }
    MakeRuns(row_.data(), row_.size(), sorted_.data(), runs_.data());
    const size_t packed = Compress(runs_.data(), runs_.size(), packed_.data()) - packed_.data();
    const bool smaller = packed < row_.size();
    const size_t size = smaller ? packed : row_.size();
    AppendNumber(static_cast<int32_t>(size), file);
    file->append(reinterpret_cast<const char*>((smaller ? packed_ : row_).data()), size);
  }

 private:
  const size_t width_;
  const ExrType type_;
  std::vector<size_t> channels_;
  size_t channel_bytes_;
  std::vector<uint8_t> row_, sorted_, runs_, packed_;
};

}  // namespace

std::string EncodeExr(int width_px, int height_px, const float* pixels,
                      const std::vector<const char*>& channels, ExrType type,
                      const std::string& comment) {
  CHECK(width_px > 0 && height_px > 0);
  RowPacker packer(width_px, channels, type);
  std::vector<const char*> sorted;
  for (const size_t k : packer.channels()) sorted.push_back(channels[k]);
  std::string file = Header(width_px, height_px, sorted, type, comment);
  size_t offset_place = file.size();
  file.append(height_px * sizeof(uint64_t), '\0');
  const size_t row = channels.size() * width_px;
  for (int32_t r = 0; r < height_px; ++r) {
    const uint64_t offset = file.size();
    std::memcpy(&file[offset_place], &offset, sizeof(offset));
    offset_place += sizeof(offset);
    AppendNumber(r, &file);
    packer.Append(pixels + r * row, &file);
  }
  return file;
}

}  // namespace ceres_align
