// JSON with errors that a user can act on. Internal to io/.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace ceres_align::io_internal {

/// Parses a whole document. Throws InputError with line and column for syntax errors, nesting
/// deeper than 64, numbers that a double cannot hold, and keys that appear twice in an object.
nlohmann::json ParseJson(const std::string& text, const std::string& name);

}  // namespace ceres_align::io_internal
