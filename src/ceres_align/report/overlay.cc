#include "ceres_align/report/overlay.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

constexpr double kOutlineWeight = 0.75;

Rgb OverlayColor(double target, double coverage) {
  const Rgb without = Mix(kEmptyColor, kTargetColor, target);
  const Rgb with = Mix(kRenderColor, kAgreeColor, target);
  return Mix(without, with, coverage);
}

double Unit(float value) { return std::clamp<double>(value, 0, 1); }

/// Inside, with a neighbour outside; the frame's border is not an outline.
bool OnOutline(const ImageF& coverage, int column, int row) {
  const float* here = coverage.row(row) + column;
  const float left = column > 0 ? here[-1] : 1, right = column + 1 < coverage.width ? here[1] : 1;
  const float up = row > 0 ? here[-coverage.width] : 1;
  const float down = row + 1 < coverage.height ? here[coverage.width] : 1;
  return *here >= 0.5f && std::min(std::min(left, right), std::min(up, down)) < 0.5f;
}

/// The colour of a pixel, by way of a table: nearly all pixels are wholly in or out of both.
class OverlayColors {
 public:
  OverlayColors() {
    for (int t = 0; t < 2; ++t) {
      for (int c = 0; c < 2; ++c) {
        plain_[t][c] = OverlayColor(t, c);
        outline_[t][c] = Mix(plain_[t][c], kOutlineColor, kOutlineWeight);
      }
    }
  }
  Rgb Of(float target, float coverage, bool on_outline) const {
    const double t = Unit(target), c = Unit(coverage);
    if ((t == 0 || t == 1) && (c == 0 || c == 1)) {
      return (on_outline ? outline_ : plain_)[t == 1][c == 1];
    }
    const Rgb color = OverlayColor(t, c);
    return on_outline ? Mix(color, kOutlineColor, kOutlineWeight) : color;
  }

 private:
  Rgb plain_[2][2], outline_[2][2];  // by target, coverage
};

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
  const OverlayColors colors;
  RgbImage image(target.width, target.height, kEmptyColor);
  for (int row = 0; row < image.height; ++row) {
    const float *t = target.row(row), *c = coverage.row(row);
    Rgb* out = image.row(row);
    for (int column = 0; column < image.width; ++column) {
      if (t[column] <= 0 && c[column] <= 0) continue;
      out[column] = colors.Of(t[column], c[column], outline && OnOutline(coverage, column, row));
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
