// What must hold of a 3MF file before assimp may read it. Internal to io/.
#pragma once

#include <string>

namespace ceres_align::io_internal {

/// Throws InputError, which `name` begins, unless the ZIP file is whole, its _rels/.rels names files
/// that are in it, and its models (*.model) have whole transforms and components that stand before
/// they are used: assimp 5.2 would end the program, or read beyond its memory.
void Check3mf(const std::string& bytes, const std::string& name);

}  // namespace ceres_align::io_internal
