#include "ceres_align/robot/urdf_paths.h"

#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align::robot_internal {
namespace {

namespace fs = std::filesystem;

bool TakePrefix(const std::string& prefix, std::string* text) {
  if (text->compare(0, prefix.size(), prefix) != 0) return false;
  text->erase(0, prefix.size());
  return true;
}

// A folder may be the package or hold it.
void AddInFolder(const fs::path& folder, const std::string& package, const fs::path& rest,
                 std::vector<fs::path>* places) {
  places->push_back(folder / package / rest);
  // "robots/arm/" ends in an empty name.
  const fs::path plain = folder.has_filename() ? folder : folder.parent_path();
  if (plain.filename() == package) places->push_back(plain / rest);
}

std::vector<fs::path> PlacesInPackage(const std::string& package, const fs::path& rest,
                                      const fs::path& urdf_file, const UrdfOptions& options) {
  const auto given = options.packages.find(package);
  if (given != options.packages.end()) return {given->second / rest};
  std::vector<fs::path> places;
  for (const fs::path& root : options.package_roots) {
    AddInFolder(fs::absolute(root).lexically_normal(), package, rest, &places);
  }
  fs::path folder = fs::absolute(urdf_file).lexically_normal().parent_path();
  while (true) {
    AddInFolder(folder, package, rest, &places);
    if (folder == folder.parent_path()) return places;
    folder = folder.parent_path();
  }
}

}  // namespace

fs::path FindMesh(const std::string& uri, const fs::path& urdf_file, const UrdfOptions& options,
                  const std::string& where) {
  const std::string what = where + ": mesh " + Quoted(uri);
  std::string rest = uri, package;
  std::vector<fs::path> places;
  if (TakePrefix("package://", &rest)) {
    const size_t slash = rest.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == rest.size()) {
      throw InputError(what + ": must be package://NAME/FILE");
    }
    package = rest.substr(0, slash);
    places = PlacesInPackage(package, rest.substr(slash + 1), urdf_file, options);
  } else {
    TakePrefix("file://", &rest);
    if (rest.find("://") != std::string::npos) {
      throw InputError(what + ": only package://, file:// and plain paths are read");
    }
    if (rest.empty()) throw InputError(what + ": names no file");
    places = {urdf_file.parent_path() / rest};  // an absolute path stays what it is
  }
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::is_regular_file(place, ignored)) return place;
  }
  if (package.empty() || options.packages.count(package) > 0) {
    throw InputError(what + ": no such file: " + Shown(places.front().string()));
  }
  throw InputError(what + ": not found, neither in " + Shown(places.front().string()) +
                   " nor in the folders above the file; say where package " + Quoted(package) +
                   " lies");
}

}  // namespace ceres_align::robot_internal
