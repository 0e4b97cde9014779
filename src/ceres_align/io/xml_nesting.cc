#include "ceres_align/io/xml_nesting.h"

#include <algorithm>
#include <cstdint>

#include "ceres_align/io/text.h"

namespace ceres_align {

void CheckXmlNesting(const std::string& bytes, const std::string& name) {
  constexpr int64_t kMostLevels = 1000;
  int64_t levels = 0, line = 1;
  for (size_t i = 0; i < bytes.size(); ++i) {
    line += bytes[i] == '\n';
    const char next = i + 1 < bytes.size() ? bytes[i + 1] : '\0';
    const bool closes =
        (bytes[i] == '<' || bytes[i] == '/') && next == (bytes[i] == '<' ? '/' : '>');
    const bool opens = bytes[i] == '<' && next != '/' && next != '!' && next != '?';
    levels = std::max<int64_t>(levels + opens - closes, 0);
    if (levels <= kMostLevels) continue;
    io_internal::Fail(name, ": line ", line, ": nested deeper than ", kMostLevels, " levels");
  }
}

}  // namespace ceres_align
