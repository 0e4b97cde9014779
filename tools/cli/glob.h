// The files that a flag names.
#pragma once

#include <string>
#include <vector>

namespace ceres_align::cli {

/// The files that a pattern (* ? [a-z]) names, in natural order: mask_2 before mask_10. Throws
/// InputError, which `flag` begins, where there are none.
std::vector<std::string> Glob(const std::string& pattern, const char* flag);

/// The masks that a flag names: a pattern; or several between commas; or one pattern with labels or
/// a selection behind it (mask_labels.h), which all its files get: 'labels/*.png:3'. Throws
/// InputError.
std::vector<std::string> GlobMasks(const std::string& text, const char* flag);

/// The parts between commas; none for an empty text. Throws InputError for an empty part.
std::vector<std::string> SplitAtCommas(const std::string& text, const char* flag);

}  // namespace ceres_align::cli
