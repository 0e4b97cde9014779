// Bytes as text. Internal to report_html/.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ceres_align::report_html_internal {

/// RFC 4648, with padding.
std::string Base64(const void* bytes, size_t count);

/// Of numbers in the machine's order, which must be little-endian (the page reads them so).
template <typename T>
std::string Base64(const std::vector<T>& numbers) {
  return Base64(numbers.data(), numbers.size() * sizeof(T));
}

}  // namespace ceres_align::report_html_internal
