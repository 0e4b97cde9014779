// What must hold of a 3MF file before assimp may read it. Internal to io/.
#pragma once

#include <string>

namespace ceres_align::io_internal {

/// The model of a 3MF file, the first that _rels/.rels names, in a plain ZIP file for assimp.
/// Throws InputError, which `name` begins, unless the ZIP file is whole, transforms have 12 numbers
/// and components stand before they are used: assimp 5.2 would end the program or read beyond its
/// memory.
std::string Checked3mf(const std::string& bytes, const std::string& name);

}  // namespace ceres_align::io_internal
