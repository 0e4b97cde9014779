// The order of file names as people count: mask_2 before mask_10.
#pragma once

#include <string>

namespace ceres_align {

/// Runs of digits compare as numbers, all else as bytes.
bool NaturallyBefore(const std::string& a, const std::string& b);

}  // namespace ceres_align
