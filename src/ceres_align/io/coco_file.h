// COCO's JSON, parsed. Internal to io/.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace ceres_align::io_internal {

/// The parts of a COCO file that are looked at.
struct CocoFile {
  std::string name;
  nlohmann::json document;
  bool is_results = false;  ///< a list of results: no images, ids and names

  const nlohmann::json& annotations() const {
    return is_results ? document : document.at("annotations");
  }
  /// "f.json: annotations[3]", "f.json: [3]".
  std::string Place(size_t annotation) const;
};

/// Parses a file and checks that it is of one of the two forms. Throws InputError.
CocoFile ParseCoco(const std::string& text, const std::string& name);

/// Files that are parsed once.
class CocoFiles {
 public:
  /// Valid as long as this lives. Messages name the file as it was first asked for. Throws
  /// InputError.
  const CocoFile& Get(const std::filesystem::path& path);
  int size() const { return static_cast<int>(files_.size()); }

 private:
  std::map<std::filesystem::path, CocoFile> files_;  // by canonical paths
};

}  // namespace ceres_align::io_internal
