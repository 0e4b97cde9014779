// XML libraries call themselves once per level: a file of a million levels would end the program.
#pragma once

#include <string>

namespace ceres_align {

/// Throws InputError, which `name` begins, for XML nested deeper than 1,000 levels (tags in
/// comments count too).
void CheckXmlNesting(const std::string& bytes, const std::string& name);

}  // namespace ceres_align
