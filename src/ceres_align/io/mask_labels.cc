#include "ceres_align/io/mask_labels.h"

#include <algorithm>

#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

constexpr uint32_t kMostNumber = 65535;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint32_t> ParseNumber(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = 10 * value + static_cast<uint32_t>(c - '0');
  }
  if (value > kMostNumber) return std::nullopt;
  return value;
}

// Behind the '#'.
std::optional<uint32_t> ParseColour(std::string_view text) {
  if (text.size() != 6) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text) {
    const char lower = static_cast<char>(c | 0x20);
    const bool letter = lower >= 'a' && lower <= 'f';
    if (!IsDigit(c) && !letter) return std::nullopt;
    value = value << 4 | static_cast<uint32_t>(letter ? lower - 'a' + 10 : c - '0');
  }
  return value;
}

// Behind the first ".json" that ends the text or has a colon behind it.
size_t EndOfJson(const std::string& text) {
  constexpr std::string_view kEnding = ".json";
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  for (size_t at = lower.find(kEnding); at != std::string::npos; at = lower.find(kEnding, at + 1)) {
    const size_t end = at + kEnding.size();
    if (end == text.size() || text[end] == ':') return end;
  }
  return std::string::npos;
}

}  // namespace

std::optional<MaskLabels> ParseMaskLabels(std::string_view text) {
  MaskLabels labels;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('+', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const bool is_colour = !word.empty() && word[0] == '#';
    if (begin > 0 && is_colour != labels.are_colours) return std::nullopt;
    labels.are_colours = is_colour;
    const std::optional<uint32_t> value =
        is_colour ? ParseColour(word.substr(1)) : ParseNumber(word);
    if (!value) return std::nullopt;
    labels.values.push_back(*value);
    begin = end + 1;
  }
  return labels;
}

std::string LabelText(uint32_t value, bool is_colour) {
  return Format(is_colour ? "#%06x" : "%u", value);
}

MaskSource ParseMaskSource(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::string text = path.string();
  if (const size_t end = EndOfJson(text); end == text.size()) {
    return {path, std::nullopt, "", ""};
  } else if (end != std::string::npos && !std::filesystem::exists(path, ignored)) {
    return {text.substr(0, end), std::nullopt, text.substr(end + 1), text.substr(end)};
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || std::filesystem::exists(path, ignored)) {
    return {path, std::nullopt, std::nullopt, ""};
  }
  const std::optional<MaskLabels> labels =
      ParseMaskLabels(std::string_view(text).substr(colon + 1));
  if (!labels) return {path, std::nullopt, std::nullopt, ""};
  return {text.substr(0, colon), labels, std::nullopt, text.substr(colon)};
}

}  // namespace ceres_align
