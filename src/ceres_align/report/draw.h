// Small pictures with text, for the report: an RGB image and what is drawn on it.
#pragma once

#include <cstdint>
#include <string>

#include "ceres_align/base/image.h"

namespace ceres_align {

struct Rgb {
  uint8_t r = 0, g = 0, b = 0;
};
inline bool operator==(const Rgb& a, const Rgb& b) {
  return a.r == b.r && a.g == b.g && a.b == b.b;
}

using RgbImage = Image<Rgb>;

constexpr Rgb kTextColor = {236, 238, 242};
constexpr Rgb kDimTextColor = {150, 156, 166};
constexpr Rgb kPaperColor = {30, 33, 39};  ///< around panels and behind text

/// (1 − weight)·a + weight·b per channel; weight in [0, 1].
Rgb Mix(const Rgb& a, const Rgb& b, double weight);

struct TextSize {
  int width_px;
  int height_px;    ///< above the baseline
  int baseline_px;  ///< below it
};
/// `scale` 1 is about 10 px for a capital letter.
TextSize MeasureText(const std::string& text, double scale);

/// Anti-aliased text with its baseline's left end at (x, y); clipped to the image. Characters
/// outside printable ASCII become '?'.
void DrawText(RgbImage* image, const std::string& text, int x, int y, double scale, Rgb color);

/// The largest scale of at most `scale` at which the text is at most width_px wide, but not
/// below half of it; the text is then cut to fit and ends in "..".
struct FittedText {
  std::string text;
  double scale;
};
FittedText FitText(const std::string& text, double scale, int width_px);

/// Mixes `color` into a rectangle, clipped to the image.
void BlendRectangle(RgbImage* image, int x, int y, int width, int height, Rgb color, double weight);

/// Copies `part` into the image at (x, y); CHECKs that it fits.
void Paste(const RgbImage& part, int x, int y, RgbImage* image);

/// The bytes of a PNG file. Throws std::runtime_error if the encoder fails.
std::string EncodePng(const RgbImage& image);

}  // namespace ceres_align
