#include "ceres_align/report/overlay.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

constexpr double kOutlineWeight = 0.75;

Rgb OverlayColor(double target, double coverage) {
  // Nearly all pixels are one of the four pure colours.
  if (target == 0 && coverage == 0) return kEmptyColor;
  if (target == 1 && coverage == 1) return kAgreeColor;
  const Rgb without = Mix(kEmptyColor, kTargetColor, target);
  const Rgb with = Mix(kRenderColor, kAgreeColor, target);
  return Mix(without, with, coverage);
}

double Unit(float value) { return std::clamp<double>(value, 0, 1); }

/// Inside, with a neighbour outside; the frame's border is not an outline.
bool OnOutline(const ImageF& coverage, int column, int row) {
  const auto inside = [&](int c, int r) {
    c = std::clamp(c, 0, coverage.width - 1);
    r = std::clamp(r, 0, coverage.height - 1);
    return coverage.at(c, r) >= 0.5f;
  };
  return inside(column, row) && !(inside(column - 1, row) && inside(column + 1, row) &&
                                  inside(column, row - 1) && inside(column, row + 1));
}

/// How much of the object the rows [top, bottom) show.
double Shown(const ImageF& target, const ImageF& coverage, int top, int bottom, int width) {
  double sum = 0;
  for (int row = std::max(top, 0); row < std::min(bottom, target.height); ++row) {
    for (int column = 0; column < std::min(width, target.width); ++column) {
      sum += Unit(target.at(column, row)) + Unit(coverage.at(column, row));
    }
  }
  return sum;
}

struct KeyEntry {
  Rgb color;
  const char* text;
};
constexpr KeyEntry kKey[] = {{kTargetColor, "mask only"},
                             {kRenderColor, "mesh only"},
                             {kAgreeColor, "both"},
                             {kOutlineColor, "mesh's outline"}};

}  // namespace

RgbImage DrawOverlay(const ImageF& target, const ImageF& coverage, bool outline) {
  CHECK(target.width == coverage.width && target.height == coverage.height);
  RgbImage image(target.width, target.height);
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column) {
      Rgb color = OverlayColor(Unit(target.at(column, row)), Unit(coverage.at(column, row)));
      if (outline && OnOutline(coverage, column, row)) {
        color = Mix(color, kOutlineColor, kOutlineWeight);
      }
      image.at(column, row) = color;
    }
  }
  return image;
}

std::vector<Rgb> OverlayPalette(int steps) {
  CHECK_GE(steps, 2);
  std::vector<Rgb> palette;
  for (int t = 0; t < steps; ++t) {
    for (int m = 0; m < steps; ++m) {
      palette.push_back(OverlayColor(t / (steps - 1.0), m / (steps - 1.0)));
    }
    const double target = t / (steps - 1.0);
    palette.push_back(Mix(OverlayColor(target, 1), kOutlineColor, kOutlineWeight));
    palette.push_back(Mix(OverlayColor(target, 0.6), kOutlineColor, kOutlineWeight));
  }
  return palette;
}

int DrawKey(RgbImage* image, int x, int y, double scale) {
  const int box = std::max(4, static_cast<int>(std::lround(9 * scale)));
  const int start = x;
  for (const KeyEntry& entry : kKey) {
    if (image != nullptr) {
      BlendRectangle(image, x, y - box, box, box, entry.color, 1);
      DrawText(image, entry.text, x + box + box / 2, y, scale, kTextColor);
    }
    x += box + box / 2 + MeasureText(entry.text, scale).width_px + box;
  }
  return x - start;
}

void LabelOverlay(const ImageF& target, const ImageF& coverage, const std::string& label,
                  RgbImage* overlay) {
  if (overlay->width < 64 || overlay->height < 64) return;
  const double scale = std::clamp(overlay->width / 480.0, 0.75, 3.0);
  const bool with_key = overlay->width >= 160;
  const int margin = static_cast<int>(std::lround(5 * scale));
  const FittedText fitted = FitText(label, scale, overlay->width - 2 * margin);
  const TextSize size = MeasureText("Ag", scale);
  const int line = size.height_px + size.baseline_px;
  double key_scale = 0.85 * scale;
  while (with_key && key_scale > 0.3 &&
         DrawKey(nullptr, 0, 0, key_scale) > overlay->width - margin) {
    key_scale *= 0.95;
  }
  const int key_width = with_key ? DrawKey(nullptr, 0, 0, key_scale) : 0;
  const int width =
      std::max(key_width, MeasureText(fitted.text, fitted.scale).width_px + margin) + margin;
  const int height = (with_key ? 2 : 1) * line + margin;
  const bool top = Shown(target, coverage, 0, height, width) <=
                   Shown(target, coverage, overlay->height - height, overlay->height, width);
  const int y = top ? 0 : overlay->height - height;
  BlendRectangle(overlay, 0, y, width, height, kPaperColor, 0.6);
  DrawText(overlay, fitted.text, margin, y + margin + size.height_px, fitted.scale, kTextColor);
  if (with_key) DrawKey(overlay, margin, y + margin + size.height_px + line, key_scale);
}

}  // namespace ceres_align
