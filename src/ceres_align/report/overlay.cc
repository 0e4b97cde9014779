#include "ceres_align/report/overlay.h"

#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

constexpr double kOutlineWeight = 0.75;
constexpr double kBrightest = 0.6;  // of the way to white, in full light
constexpr int kLights = 64;

Rgb OverlayColor(double target, double coverage) {
  const Rgb without = Mix(kEmptyColor, kTargetColor, target);
  const Rgb with = Mix(kRenderColor, kAgreeColor, target);
  return Mix(without, with, coverage);
}

Rgb LitColor(double target, double coverage, double light) {
  const Rgb without = Mix(kEmptyColor, kTargetColor, target);
  const Rgb with = Mix(Lit(kRenderColor, light), Lit(kAgreeColor, light), target);
  return Mix(without, with, coverage);
}

double Unit(float value) { return std::clamp<double>(value, 0, 1); }

/// The colour of a pixel, by way of a table: nearly all pixels are wholly in or out of both.
class OverlayColors {
 public:
  OverlayColors() {
    for (int t = 0; t < 2; ++t) {
      for (int c = 0; c < 2; ++c) {
        plain_[t][c] = OverlayColor(t, c);
        outline_[t][c] = Mix(plain_[t][c], kOutlineColor, kOutlineWeight);
      }
      for (int i = 0; i < kLights; ++i) lit_[t][i] = LitColor(t, 1, i / (kLights - 1.0));
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
  /// The same where the rendering is lit.
  Rgb Lit(float target, float coverage, float light, bool on_outline) const {
    const double t = Unit(target), c = Unit(coverage), lit = Unit(light);
    const bool plain = c == 1 && (t == 0 || t == 1);
    const Rgb color = plain ? lit_[t == 1][std::lround(lit * (kLights - 1))] : LitColor(t, c, lit);
    return on_outline ? Mix(color, kOutlineColor, kOutlineWeight) : color;
  }

 private:
  Rgb plain_[2][2], outline_[2][2];  // by target, coverage
  Rgb lit_[2][kLights];              // by target, light
};

struct KeyEntry {
  Rgb color;
  const char* text;
};
constexpr KeyEntry kKey[] = {{kTargetColor, "mask only"},
                             {kRenderColor, "mesh only"},
                             {kAgreeColor, "both"},
                             {kOutlineColor, "mesh's outline"}};

}  // namespace

Rgb Lit(const Rgb& color, double light) {
  constexpr Rgb kNight = {8, 10, 14}, kDay = {255, 255, 255};
  constexpr double kFull = 0.62;  // of the light: the colour itself
  return light < kFull ? Mix(kNight, color, light / kFull)
                       : Mix(color, kDay, kBrightest * (light - kFull) / (1 - kFull));
}

// Inside, with a neighbour outside; the frame's border is not an outline.
bool OnOutline(const ImageF& coverage, int column, int row) {
  const float* here = coverage.row(row) + column;
  const float left = column > 0 ? here[-1] : 1, right = column + 1 < coverage.width ? here[1] : 1;
  const float up = row > 0 ? here[-coverage.width] : 1;
  const float down = row + 1 < coverage.height ? here[coverage.width] : 1;
  return *here >= 0.5f && std::min(std::min(left, right), std::min(up, down)) < 0.5f;
}

RgbImage DrawOverlay(const ImageF& target, const ImageF& coverage, bool outline,
                     const ImageF& light) {
  CHECK(target.width == coverage.width && target.height == coverage.height);
  CHECK(light.empty() || (light.width == target.width && light.height == target.height));
  const OverlayColors colors;
  RgbImage image(target.width, target.height, kEmptyColor);
  for (int row = 0; row < image.height; ++row) {
    const float *t = target.row(row), *c = coverage.row(row);
    Rgb* out = image.row(row);
    for (int column = 0; column < image.width; ++column) {
      if (t[column] <= 0 && c[column] <= 0) continue;
      const bool on_outline = outline && OnOutline(coverage, column, row);
      if (light.empty() || c[column] <= 0) {
        out[column] = colors.Of(t[column], c[column], on_outline);
      } else {
        out[column] = colors.Lit(t[column], c[column], light.at(column, row), on_outline);
      }
    }
  }
  return image;
}

std::vector<Rgb> OverlayPalette(int steps, int shades) {
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
  for (int i = 0; i < shades; ++i) {
    const double light = (i + 1.0) / shades;
    for (const double target : {0.0, 1.0}) {
      palette.push_back(LitColor(target, 1, light));
      if (i % 4 == 0) palette.push_back(Mix(palette.back(), kOutlineColor, kOutlineWeight));
    }
  }
  return palette;
}

int DrawKey(RgbImage* image, int x, int y, double scale, bool with_both) {
  const int box = std::max(4, static_cast<int>(std::lround(9 * scale)));
  const int start = x;
  for (const KeyEntry& entry : kKey) {
    if (!with_both && entry.color == kAgreeColor) continue;
    if (image != nullptr) {
      BlendRectangle(image, x, y - box, box, box, entry.color, 1);
      DrawText(image, entry.text, x + box + box / 2, y, scale, kTextColor);
    }
    x += box + box / 2 + MeasureText(entry.text, scale).width_px + box;
  }
  return x - start;
}

}  // namespace ceres_align
