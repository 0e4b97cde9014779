// Which annotations of a COCO file a text means. Internal to io/.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

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

struct CocoSelection {
  int image = -1;  ///< index in "images"; -1: a list of results
  std::string image_text;
  std::vector<size_t> annotations;  ///< indices in annotations()
};

/// `selection` as in coco_masks.h, without the file. Throws InputError.
CocoSelection SelectCoco(const CocoFile& file, std::string_view selection);

}  // namespace ceres_align::io_internal
