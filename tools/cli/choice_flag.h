// A flag that is auto, off or on.
#pragma once

#include <string>

#include "ceres_align/solve/solve_options.h"

namespace ceres_align::cli {

/// Throws InputError naming the flag.
Choice ChoiceFlag(const char* flag, const std::string& value);

}  // namespace ceres_align::cli
