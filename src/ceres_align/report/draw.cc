#include "ceres_align/report/draw.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace ceres_align {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontScale = 0.46;  // Hershey's capitals are 21 px at 1

std::string Printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

cv::Mat Wrap(RgbImage* image) {
  return cv::Mat(image->height, image->width, CV_8UC3, image->pixels.data());
}

uint8_t MixChannel(uint8_t a, uint8_t b, double weight) {
  return static_cast<uint8_t>((1 - weight) * a + weight * b + 0.5);
}

}  // namespace

Rgb Mix(const Rgb& a, const Rgb& b, double weight) {
  return {MixChannel(a.r, b.r, weight), MixChannel(a.g, b.g, weight), MixChannel(a.b, b.b, weight)};
}

TextSize MeasureText(const std::string& text, double scale) {
  int baseline = 0;
  const cv::Size size = cv::getTextSize(Printable(text), kFont, kFontScale * scale, 1, &baseline);
  return {size.width, size.height, baseline};
}

void DrawText(RgbImage* image, const std::string& text, int x, int y, double scale, Rgb color) {
  cv::Mat mat = Wrap(image);
  cv::putText(mat, Printable(text), cv::Point(x, y), kFont, kFontScale * scale,
              cv::Scalar(color.r, color.g, color.b), 1, cv::LINE_AA);
}

FittedText FitText(const std::string& text, double scale, int width_px) {
  FittedText fitted = {text, scale};
  while (MeasureText(fitted.text, fitted.scale).width_px > width_px) {
    if (fitted.scale > 0.5 * scale) {
      fitted.scale = std::max(0.5 * scale, 0.95 * fitted.scale);
    } else if (fitted.text.size() > 3) {
      fitted.text = fitted.text.substr(0, fitted.text.size() - 3) + "..";
    } else {
      fitted.text.clear();
      break;
    }
  }
  return fitted;
}

void BlendRectangle(RgbImage* image, int x, int y, int width, int height, Rgb color,
                    double weight) {
  const int right = std::min(x + width, image->width);
  const int bottom = std::min(y + height, image->height);
  for (int row = std::max(y, 0); row < bottom; ++row) {
    for (int column = std::max(x, 0); column < right; ++column) {
      Rgb& pixel = image->at(column, row);
      pixel = Mix(pixel, color, weight);
    }
  }
}

void Paste(const RgbImage& part, int x, int y, RgbImage* image) {
  CHECK(x >= 0 && y >= 0 && x + part.width <= image->width && y + part.height <= image->height);
  for (int row = 0; row < part.height; ++row) {
    std::copy(part.row(row), part.row(row) + part.width, image->row(y + row) + x);
  }
}

}  // namespace ceres_align
