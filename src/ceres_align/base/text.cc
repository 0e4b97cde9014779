#include "ceres_align/base/text.h"

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace ceres_align {
namespace {

// The character at text[0] if it is well-formed UTF-8; 0 bytes: it is not.
struct Character {
  size_t bytes = 0;
  uint32_t code = 0;
};

Character Decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  static constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  uint32_t code = lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < kLeast[bytes] || code > 0x10FFFF || surrogate) return {};
  return {bytes, code};
}

// C0, DEL and C1, line and paragraph separators, marks that turn the direction of writing.
bool IsControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

// One string per character, escaped where it has to be.
std::vector<std::string> EscapedCharacters(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const Character c = Decode(text);
    const size_t bytes = c.bytes > 0 ? c.bytes : 1;
    if (c.bytes > 0 && !IsControl(c.code)) {
      out.emplace_back(text.substr(0, bytes));
    } else if (c.code == '\n' || c.code == '\r' || c.code == '\t') {
      out.emplace_back(c.code == '\n' ? "\\n" : c.code == '\r' ? "\\r" : "\\t");
    } else {
      std::string escaped;
      for (size_t i = 0; i < bytes; ++i) {
        escaped += Format("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(text[i])));
      }
      out.push_back(escaped);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

// Whole, or at most `head` bytes from the front, "..." and at most `tail` bytes from the end.
std::string Shortened(std::string_view text, size_t head, size_t tail) {
  // No character gets shorter, so these bytes are more than are shown.
  const size_t most = head + tail;
  std::string front, back;
  const bool long_input = text.size() > 2 * most + 8;
  std::vector<std::string> parts = EscapedCharacters(long_input ? text.substr(0, most + 4) : text);
  size_t size = 0;
  for (const std::string& part : parts) size += part.size();
  if (!long_input && size <= most) {
    for (const std::string& part : parts) front += part;
    return front;
  }
  for (size_t i = 0; i < parts.size() && front.size() + parts[i].size() <= head; ++i) {
    front += parts[i];
  }
  if (tail == 0) return front + "...";
  if (long_input) parts = EscapedCharacters(text.substr(text.size() - most));
  size_t first = parts.size();
  for (size_t used = 0; first > 0 && used + parts[first - 1].size() <= tail; --first) {
    used += parts[first - 1].size();
  }
  for (size_t i = first; i < parts.size(); ++i) back += parts[i];
  return front + "..." + back;
}

}  // namespace

std::string Format(const char* format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

std::string Shown(std::string_view text, size_t most_bytes) {
  return Shortened(text, most_bytes / 3, most_bytes - most_bytes / 3);
}

std::string Quoted(std::string_view text) { return '"' + Shortened(text, 40, 0) + '"'; }

}  // namespace ceres_align
