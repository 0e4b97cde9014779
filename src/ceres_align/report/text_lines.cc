#include "ceres_align/report/text_lines.h"

#include <sstream>
#include <utility>

#include "ceres_align/report/overlay.h"

namespace ceres_align {

std::string AsciiText(const std::string& utf8) {
  static const std::pair<const char*, const char*> kForms[] = {
      {"°", " deg"}, {"×", "x"}, {"−", "-"}, {"–", "-"}, {"…", ".."}};
  std::string text;
  for (size_t i = 0; i < utf8.size();) {
    const unsigned char c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x80) {
      text += c >= ' ' && c <= '~' ? utf8[i] : '?';
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80) ++end;
    const char* form = "?";
    for (const auto& [from, to] : kForms) {
      if (utf8.compare(i, end - i, from) == 0) form = to;
    }
    text += form;
    i = end;
  }
  return text;
}

std::vector<FittedText> WrapText(const std::string& text, double scale, int width_px) {
  std::vector<FittedText> lines;
  std::string line, word;
  std::istringstream words(text);
  while (words >> word) {
    std::string longer = line;
    if (!line.empty()) longer += ' ';
    longer += word;
    if (!line.empty() && MeasureText(longer, scale).width_px > width_px) {
      lines.push_back(FitText(line, scale, width_px));
      line = word;
    } else {
      line = longer;
    }
  }
  if (!line.empty() || lines.empty()) lines.push_back(FitText(line, scale, width_px));
  return lines;
}

void DrawLine(RgbImage* image, const std::string& text, int x, int y, int width_px, Rgb color) {
  const FittedText fitted = FitText(AsciiText(text), 1.0, width_px);
  DrawText(image, fitted.text, x, y + kLine_px - 8, fitted.scale, color);
}

void DrawKeyLine(RgbImage* image, bool with_both) {
  double scale = 0.9;
  while (scale > 0.3 && DrawKey(nullptr, 0, 0, scale, with_both) > image->width - 2 * kGap_px)
    scale *= 0.95;
  DrawKey(image, kGap_px, image->height - kGap_px, scale, with_both);
}

}  // namespace ceres_align
