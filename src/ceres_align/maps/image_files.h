// The bytes of image files with more than 8 bits or three channels.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ceres_align/base/image.h"

namespace ceres_align {

/// Gray, 16 bit.
std::string EncodePng16(const Image<uint16_t>& image);
/// Gray, 8 bit.
std::string EncodePng8(const Image<uint8_t>& image);
/// Gray, 8 bit: round(255·v), v clamped to [0, 1].
std::string EncodePng8(const ImageF& image);

struct Rgba {
  uint8_t r = 0, g = 0, b = 0, a = 0;  ///< alpha is not multiplied in
};
std::string EncodePng(const Image<Rgba>& image);

/// A channel of floats: the value of pixel i at first[i · stride].
struct ExrChannel {
  const char* name;
  const float* first;
  size_t stride;
};
enum class ExrType { kFloat, kHalf };  ///< 32 bits, or 16 with 11 bits of precision
/// OpenEXR, compressed without loss. `comment` becomes the attribute
/// "comments". The image must not be empty. Throws std::runtime_error if the encoder fails.
std::string EncodeExr(int width_px, int height_px, const std::vector<ExrChannel>& channels,
                      ExrType type, const std::string& comment);

}  // namespace ceres_align
