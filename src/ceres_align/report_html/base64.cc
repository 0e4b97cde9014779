#include "ceres_align/report_html/base64.h"

#include <cstdint>

namespace ceres_align::report_html_internal {

std::string Base64(const void* bytes, size_t count) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* in = static_cast<const uint8_t*>(bytes);
  std::string text((count + 2) / 3 * 4, '=');
  size_t out = 0;
  for (size_t i = 0; i < count; i += 3) {
    const size_t left = count - i;
    const uint32_t three = uint32_t{in[i]} << 16 | (left > 1 ? uint32_t{in[i + 1]} << 8 : 0) |
                           (left > 2 ? uint32_t{in[i + 2]} : 0);
    text[out++] = kDigits[three >> 18];
    text[out++] = kDigits[three >> 12 & 63];
    if (left > 1) text[out] = kDigits[three >> 6 & 63];
    ++out;
    if (left > 2) text[out] = kDigits[three & 63];
    ++out;
  }
  return text;
}

}  // namespace ceres_align::report_html_internal
