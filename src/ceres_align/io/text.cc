#include "ceres_align/io/text.h"

#include <charconv>
#include <limits>

namespace ceres_align::io_internal {
namespace {

// std::from_chars says "out of range" both for 1e400 and for 1e-400.
double OutOfRangeValue(const char* begin, const char* end) {
  long double wide = 0;
  if (std::from_chars(begin, end, wide).ec == std::errc()) return static_cast<double>(wide);
  const std::string_view text(begin, static_cast<size_t>(end - begin));
  const bool tiny = text.find("e-") != std::string::npos || text.find("E-") != std::string::npos ||
                    text.find("0.") != std::string::npos;
  if (tiny) return 0;
  const double inf = std::numeric_limits<double>::infinity();
  return *begin == '-' ? -inf : inf;
}

}  // namespace

bool ReadNumber(const char** p, const char* end, double* value) {
  const char* begin = *p;
  if (begin < end && *begin == '+') {
    ++begin;
    if (begin < end && (*begin == '-' || *begin == '+')) return false;
  }
  const auto [last, error] = std::from_chars(begin, end, *value);
  if (error == std::errc::invalid_argument) return false;
  if (error == std::errc::result_out_of_range) *value = OutOfRangeValue(begin, last);
  *p = last;
  return true;
}

}  // namespace ceres_align::io_internal
