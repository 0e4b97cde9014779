// Lines of text on a picture of the report.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/report/draw.h"

namespace ceres_align {

constexpr int kGap_px = 10;   ///< around and between panels
constexpr int kLine_px = 24;  ///< a line of text at scale 1

/// The same in printable ASCII, which is all that DrawText has: degrees, times and minus signs
/// become words or their ASCII forms, anything else '?' (one for each character, given UTF-8).
std::string AsciiText(const std::string& utf8);

/// Broken at spaces so that no line is wider than width_px at `scale`; a word that is too wide by
/// itself is shrunk or cut by FitText. At least one line.
std::vector<FittedText> WrapText(const std::string& text, double scale, int width_px);

/// One line of height kLine_px with its upper left corner at (x, y), fitted to width_px.
void DrawLine(RgbImage* image, const std::string& text, int x, int y, int width_px, Rgb color);

/// The colours' key (DrawKey) in the picture's last line.
void DrawKeyLine(RgbImage* image, bool with_both = true);

}  // namespace ceres_align
