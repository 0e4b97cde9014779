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

/// The nearest whole number (halves up), of what is not negative and fits; without a call.
template <typename Integer>
Integer Rounded(double value) {
  return static_cast<Integer>(value + 0.5);
}

struct Rgba {
  uint8_t r = 0, g = 0, b = 0, a = 0;  ///< alpha is not multiplied in
};
std::string EncodePng(const Image<Rgba>& image);

enum class ExrType { kFloat, kHalf };  ///< 32 bits, or 16 with 11 bits of precision
/// OpenEXR, compressed without loss. The floats of a pixel follow each other, one for each of
/// `channels`, by name. Of halves they must be below 65504 in size; they are rounded to the nearest
/// (ties to even), zeros lose their sign. `comment` becomes the attribute "comments". The image
/// must not be empty. Throws std::runtime_error if the encoder fails.
std::string EncodeExr(int width_px, int height_px, const float* pixels,
                      const std::vector<const char*>& channels, ExrType type,
                      const std::string& comment);

}  // namespace ceres_align
