#include "ceres_align/base/late_library.h"

#include <dlfcn.h>

namespace ceres_align {

void* LateSymbol(const std::string& library, const char* symbol) {
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  return handle == nullptr ? nullptr : dlsym(handle, symbol);
}

}  // namespace ceres_align
