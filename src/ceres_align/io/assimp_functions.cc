#include "ceres_align/io/assimp_functions.h"

#include "ceres_align/base/late_library.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {

#ifdef CERES_ALIGN_ASSIMP_LIBRARY

namespace {

template <typename Function>
bool Find(const char* symbol, Function* function) {
  *function = reinterpret_cast<Function>(LateSymbol(CERES_ALIGN_ASSIMP_LIBRARY, symbol));
  return *function != nullptr;
}

struct Loaded {
  AssimpFunctions functions = {};
  bool all = Find("aiCreatePropertyStore", &functions.create_properties) &&
             Find("aiSetImportPropertyInteger", &functions.set_property) &&
             Find("aiReleasePropertyStore", &functions.release_properties) &&
             Find("aiImportFileFromMemoryWithProperties", &functions.import_from_memory) &&
             Find("aiGetErrorString", &functions.error_string) &&
             Find("aiReleaseImport", &functions.release);
};

}  // namespace

const AssimpFunctions& Assimp(const std::string& name) {
  static const Loaded loaded;
  if (!loaded.all) {
    Fail(name, ": COLLADA, X3D and 3MF need ", CERES_ALIGN_ASSIMP_LIBRARY,
         ", which cannot be loaded here; save it as OBJ, PLY, STL or glTF");
  }
  return loaded.functions;
}

#else

const AssimpFunctions& Assimp(const std::string&) {
  static constexpr AssimpFunctions functions = {
      aiCreatePropertyStore,  aiSetImportPropertyInteger,
      aiReleasePropertyStore, aiImportFileFromMemoryWithProperties,
      aiGetErrorString,       aiReleaseImport};
  return functions;
}

#endif

}  // namespace ceres_align::io_internal
