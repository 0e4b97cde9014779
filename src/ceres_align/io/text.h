// Small text tools of the readers. Internal to io/.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align::io_internal {

/// The arguments' text, one after another (numbers with six digits).
template <typename... Args>
std::string Cat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return out.str();
}

/// A path as it stands at the head of a message.
inline std::string NameOf(const std::filesystem::path& path) { return Shown(path.string(), 100); }

/// Throws InputError with the arguments' text.
template <typename... Args>
[[noreturn]] void Fail(const Args&... args) {
  throw InputError(Cat(args...));
}

/// Reads a decimal number at *p, not beyond `end`, and moves *p behind it; false if there is
/// none. Accepts a leading '+', "inf" and "nan" (callers test std::isfinite), whatever the
/// locale. Too large gives ±infinity, too small gives 0.
bool ReadNumber(const char** p, const char* end, double* value);

}  // namespace ceres_align::io_internal
