#include "ceres_align/io/coco_images.h"

#include <algorithm>
#include <set>

#include "ceres_align/io/json_object.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

const json& Member(const json& object, const char* key, const std::string& place) {
  if (!object.is_object()) Fail(place, " must be an object, it is ", ObjectReader::TypeOf(object));
  const auto found = object.find(key);
  if (found == object.end()) Fail(place, ".", key, " is missing");
  return *found;
}

}  // namespace

std::string CocoId(const json& object, const char* key, const std::string& place) {
  const json& id = Member(object, key, place);
  if (id.is_string()) return id.get<std::string>();
  if (id.is_number_integer()) return id.dump();
  Fail(place, ".", key, " must be a whole number or a string, it is ",
       id.is_number() ? id.dump() : ObjectReader::TypeOf(id));
}

std::string CocoText(const json& object, const char* key, const std::string& place) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  Fail(place, ".", key, " must be a string, it is ", ObjectReader::TypeOf(*found));
}

std::string CocoListed(const std::vector<std::string>& items) {
  constexpr size_t kMostListed = 8;
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), kMostListed); ++i) {
    text += (i > 0 ? ", " : "") + Shown(items[i], 60);
  }
  if (items.size() > kMostListed) text += Cat(" and ", items.size() - kMostListed, " more");
  return text;
}

CocoImages::CocoImages(const CocoFile& file) : file_(file) {
  if (file.is_results) {
    ListOfResults();
  } else {
    List();
  }
}

std::pair<CocoImage, std::string_view> CocoImages::Split(std::string_view text) const {
  if (text.empty()) return {TheOnlyOne(), ""};
  if (text[0] == ':') return {TheOnlyOne(), NotEmpty(text.substr(1))};
  // A file_name may have a colon.
  const CocoImage* image = Find(text);
  if (image != nullptr) return {*image, ""};
  const size_t colon = text.rfind(':');
  image = Find(text.substr(0, colon));
  if (image == nullptr) {
    Fail(file_.name, ": there is no image ", Quoted(text.substr(0, colon)), "; it has ", Texts());
  }
  return {*image, NotEmpty(text.substr(colon + 1))};
}

std::string_view CocoImages::NotEmpty(std::string_view words) const {
  if (words.empty()) Fail(file_.name, ": nothing follows the last colon");
  return words;
}

void CocoImages::List() {
  const json& images = file_.document.at("images");
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string place = Cat(file_.name, ": images[", i, "]");
    const std::string id = CocoId(images[i], "id", place);
    images_.push_back({id, CocoText(images[i], "file_name", place), static_cast<int>(i)});
  }
}

void CocoImages::ListOfResults() {
  std::set<std::string> seen;
  for (size_t i = 0; i < file_.document.size(); ++i) {
    const std::string id = CocoId(file_.document[i], "image_id", file_.Place(i));
    if (seen.insert(id).second) images_.push_back({id, "", -1});
  }
}

std::string CocoImages::Texts() const {
  std::vector<std::string> texts;
  for (const CocoImage& image : images_) texts.push_back(image.Text());
  return texts.empty() ? "none" : CocoListed(texts);
}

const CocoImage& CocoImages::TheOnlyOne() const {
  if (images_.size() == 1) return images_[0];
  Fail(file_.name, ": which image? Write ", file_.name, ":IMAGE; it has ", Texts());
}

// Null if there is none.
const CocoImage* CocoImages::Find(std::string_view word) const {
  std::vector<const CocoImage*> found, by_last_part;
  for (const CocoImage& image : images_) {
    const std::string& path = image.file_name;
    if (image.id == word || path == word) found.push_back(&image);
    if (path.substr(path.rfind('/') + 1) == word) by_last_part.push_back(&image);
  }
  if (found.empty()) found = by_last_part;
  if (found.empty()) return nullptr;
  if (found.size() == 1) return found[0];
  std::vector<std::string> texts;
  for (const CocoImage* image : found) texts.push_back(image->Text());
  Fail(file_.name, ": ", Quoted(word), " means ", found.size(), " images: ", CocoListed(texts));
}

}  // namespace ceres_align::io_internal
