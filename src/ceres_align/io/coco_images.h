// The images of a COCO file, and ids as they are typed. Internal to io/.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ceres_align/io/coco_file.h"

namespace ceres_align::io_internal {

/// An object's id, a whole number or a text. Throws InputError naming `place`.
std::string CocoId(const nlohmann::json& object, const char* key, const std::string& place);
/// "" where there is no such key.
std::string CocoText(const nlohmann::json& object, const char* key, const std::string& place);
/// The first few, between commas.
std::string CocoListed(const std::vector<std::string>& items);

struct CocoImage {
  std::string id, file_name;  ///< no name in a list of results
  int index = -1;             ///< in "images"; -1: a list of results
  std::string Text() const { return file_name.empty() ? id : id + " (" + file_name + ")"; }
};

/// The images of `file`, which must live longer. Everything throws InputError.
class CocoImages {
 public:
  explicit CocoImages(const CocoFile& file);

  /// "IMAGE:WORDS" taken apart: the image and the words, which are empty where nothing is chosen.
  std::pair<CocoImage, std::string_view> Split(std::string_view text) const;

 private:
  void List();
  void ListOfResults();
  std::string Texts() const;
  const CocoImage& TheOnlyOne() const;
  const CocoImage* Find(std::string_view word) const;
  std::string_view NotEmpty(std::string_view words) const;

  const CocoFile& file_;
  std::vector<CocoImage> images_;
};

}  // namespace ceres_align::io_internal
