// What io/ calls of assimp. Internal to io/.
#pragma once

#include <assimp/cimport.h>

#include <string>

namespace ceres_align::io_internal {

struct AssimpFunctions {
  decltype(&aiCreatePropertyStore) create_properties;
  decltype(&aiSetImportPropertyInteger) set_property;
  decltype(&aiReleasePropertyStore) release_properties;
  decltype(&aiImportFileFromMemoryWithProperties) import_from_memory;
  decltype(&aiGetErrorString) error_string;  ///< of the process's last import: hold a lock
  decltype(&aiReleaseImport) release;
};

/// Where CMake links assimp to the program, its functions. Else the library is loaded at the first
/// call; throws InputError, which begins with `name`, where it is not on this machine.
const AssimpFunctions& Assimp(const std::string& name);

}  // namespace ceres_align::io_internal
