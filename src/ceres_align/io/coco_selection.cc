#include "ceres_align/io/coco_selection.h"

#include <algorithm>
#include <map>
#include <set>

#include "ceres_align/io/json_object.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

const json& Member(const json& object, const char* key, const std::string& place) {
  if (!object.is_object()) Fail(place, " must be an object, it is ", ObjectReader::TypeOf(object));
  const auto found = object.find(key);
  if (found == object.end()) Fail(place, ".", key, " is missing");
  return *found;
}

// A whole number or a text, as it is typed.
std::string IdText(const json& object, const char* key, const std::string& place) {
  const json& id = Member(object, key, place);
  if (id.is_string()) return id.get<std::string>();
  if (id.is_number_integer()) return id.dump();
  Fail(place, ".", key, " must be a whole number or a string, it is ",
       id.is_number() ? id.dump() : ObjectReader::TypeOf(id));
}

std::string OptionalText(const json& object, const char* key, const std::string& place) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  Fail(place, ".", key, " must be a string, it is ", ObjectReader::TypeOf(*found));
}

std::string Listed(const std::vector<std::string>& items) {
  constexpr size_t kMostListed = 8;
  std::string text;
  for (size_t i = 0; i < std::min(items.size(), kMostListed); ++i) {
    text += (i > 0 ? ", " : "") + Shown(items[i], 60);
  }
  if (items.size() > kMostListed) text += Cat(" and ", items.size() - kMostListed, " more");
  return text;
}

struct ImageEntry {
  std::string id, file_name;
  int index = -1;
  std::string Text() const { return file_name.empty() ? id : id + " (" + file_name + ")"; }
};

class Selector {
 public:
  explicit Selector(const CocoFile& file) : file_(file) {
    if (file.is_results) {
      ListImagesOfResults();
    } else {
      ListImages();
      ListCategories();
    }
  }

  CocoSelection Select(std::string_view text) {
    if (text.empty()) return Pick(TheOnlyImage(), "");
    if (text[0] == ':') return Pick(TheOnlyImage(), NotEmpty(text.substr(1)));
    // A file_name may have a colon.
    const ImageEntry* image = FindImage(text);
    if (image != nullptr) return Pick(*image, "");
    const size_t colon = text.rfind(':');
    image = FindImage(text.substr(0, colon));
    if (image == nullptr) {
      Fail(file_.name, ": there is no image ", Quoted(text.substr(0, colon)), "; it has ",
           ImagesText());
    }
    return Pick(*image, NotEmpty(text.substr(colon + 1)));
  }

 private:
  std::string_view NotEmpty(std::string_view words) const {
    if (words.empty()) Fail(file_.name, ": nothing follows the last colon");
    return words;
  }

  void ListImages() {
    const json& images = file_.document.at("images");
    for (size_t i = 0; i < images.size(); ++i) {
      const std::string place = Cat(file_.name, ": images[", i, "]");
      const std::string id = IdText(images[i], "id", place);
      images_.push_back({id, OptionalText(images[i], "file_name", place), static_cast<int>(i)});
    }
  }

  void ListImagesOfResults() {
    std::set<std::string> seen;
    for (size_t i = 0; i < file_.document.size(); ++i) {
      const std::string id = IdText(file_.document[i], "image_id", file_.Place(i));
      if (seen.insert(id).second) images_.push_back({id, "", -1});
    }
  }

  void ListCategories() {
    const auto list = file_.document.find("categories");
    if (list == file_.document.end()) return;
    if (!list->is_array()) {
      Fail(file_.name, ": categories must be a list, it is ", ObjectReader::TypeOf(*list));
    }
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string place = Cat(file_.name, ": categories[", i, "]");
      const std::string id = IdText((*list)[i], "id", place);
      categories_[id] = OptionalText((*list)[i], "name", place);
    }
  }

  std::string ImagesText() const {
    std::vector<std::string> texts;
    for (const ImageEntry& image : images_) texts.push_back(image.Text());
    return texts.empty() ? "none" : Listed(texts);
  }

  const ImageEntry& TheOnlyImage() const {
    if (images_.size() == 1) return images_[0];
    Fail(file_.name, ": which image? Write ", file_.name, ":IMAGE; it has ", ImagesText());
  }

  // Null if there is none.
  const ImageEntry* FindImage(std::string_view word) const {
    std::vector<const ImageEntry*> found, by_last_part;
    for (const ImageEntry& image : images_) {
      const std::string& path = image.file_name;
      if (image.id == word || path == word) found.push_back(&image);
      if (path.substr(path.rfind('/') + 1) == word) by_last_part.push_back(&image);
    }
    if (found.empty()) found = by_last_part;
    if (found.empty()) return nullptr;
    if (found.size() == 1) return found[0];
    std::vector<std::string> texts;
    for (const ImageEntry* image : found) texts.push_back(image->Text());
    Fail(file_.name, ": ", Quoted(word), " means ", found.size(), " images: ", Listed(texts));
  }

  CocoSelection Pick(const ImageEntry& image, std::string_view words) {
    CocoSelection selection;
    selection.image = image.index;
    selection.image_text = image.Text();
    const json& list = file_.annotations();
    for (size_t i = 0; i < list.size(); ++i) {
      if (IdText(list[i], "image_id", file_.Place(i)) == image.id) of_image_.push_back(i);
    }
    if (words.empty()) {
      if (of_image_.size() > 1) {
        Fail(file_.name, ": image ", Shown(image.Text()), " has ", of_image_.size(),
             " annotations; say which, or all: ", Texts(of_image_));
      }
      selection.annotations = of_image_;
      return selection;
    }
    std::set<size_t> chosen;
    // A category's name may have a plus.
    if (words.find('+') != std::string_view::npos && !Find(words, false).empty()) {
      for (const size_t i : Resolve(words, image)) chosen.insert(i);
      words = {};
    }
    for (size_t begin = 0; !words.empty() && begin <= words.size();) {
      const size_t end = std::min(words.find('+', begin), words.size());
      for (const size_t i : Resolve(words.substr(begin, end - begin), image)) chosen.insert(i);
      begin = end + 1;
    }
    selection.annotations.assign(chosen.begin(), chosen.end());
    return selection;
  }

  std::string Category(size_t i) const {
    const json& annotation = file_.annotations()[i];
    if (!annotation.contains("category_id")) return "";
    const std::string id = IdText(annotation, "category_id", file_.Place(i));
    if (file_.is_results) return id;
    const auto found = categories_.find(id);
    return found == categories_.end() ? "" : found->second;
  }

  std::string Id(size_t i) const {
    const json& annotation = file_.annotations()[i];
    const bool has_id = !file_.is_results && annotation.contains("id");
    return has_id ? IdText(annotation, "id", file_.Place(i)) : "";
  }

  // Of the image's annotations those of an id, or of a category.
  std::vector<size_t> Find(std::string_view word, bool by_id) const {
    std::vector<size_t> found;
    for (const size_t i : of_image_) {
      if (!word.empty() && word == (by_id ? Id(i) : Category(i))) found.push_back(i);
    }
    return found;
  }

  std::vector<size_t> Resolve(std::string_view word, const ImageEntry& image) const {
    std::vector<size_t> found = Find(word, true);
    const std::vector<size_t> of_category = Find(word, false);
    if (found.empty()) {
      found = of_category;
    } else if (!of_category.empty() && of_category != found) {
      Fail(file_.name, ": ", Quoted(word), " is an annotation's id and a category's name in image ",
           Shown(image.Text()), ": ", Texts(found), " and ", Texts(of_category), "; write ",
           Position(found[0]), " or ", Position(of_category[0]));
    }
    if (found.empty() && word == "all") return of_image_;
    if (found.empty() && !word.empty() && word[0] == '@') found = FindPosition(word);
    if (found.empty()) {
      Fail(file_.name, ": image ", Shown(image.Text()), " has no annotation ", Quoted(word),
           "; it has ", of_image_.empty() ? "none" : Texts(of_image_));
    }
    if (found.size() > 1) {
      Fail(file_.name, ": image ", Shown(image.Text()), " has ", found.size(), " annotations ",
           Quoted(word), ": ", Texts(found), "; name those that are meant");
    }
    return found;
  }

  std::vector<size_t> FindPosition(std::string_view word) const {
    std::vector<size_t> found;
    for (const size_t i : of_image_) {
      if (Position(i) == word) found.push_back(i);
    }
    return found;
  }

  static std::string Position(size_t i) { return Cat("@", i); }

  // "1768 (mug)", "@7 (18, score 0.98)".
  std::string Texts(const std::vector<size_t>& indices) const {
    std::vector<std::string> texts;
    for (const size_t i : indices) {
      const std::string id = Id(i), category = Category(i);
      std::string text = id.empty() ? Position(i) : id;
      std::string more = file_.is_results && !category.empty() ? "category " + category : category;
      const json& annotation = file_.annotations()[i];
      if (annotation.contains("score") && annotation["score"].is_number()) {
        more += Cat(more.empty() ? "" : ", ", "score ", annotation["score"].get<double>());
      }
      texts.push_back(more.empty() ? text : Cat(text, " (", more, ")"));
    }
    return Listed(texts);
  }

  const CocoFile& file_;
  std::vector<ImageEntry> images_;
  std::map<std::string, std::string> categories_;  // names by ids
  std::vector<size_t> of_image_;
};

}  // namespace

std::string CocoFile::Place(size_t annotation) const {
  return Cat(name, is_results ? ": [" : ": annotations[", annotation, "]");
}

CocoFile ParseCoco(const std::string& text, const std::string& name) {
  if (text.empty()) Fail(name, ": the file is empty");
  CocoFile file;
  file.name = name;
  file.document = ParseJson(text, name);
  file.is_results = file.document.is_array();
  if (file.is_results) {
    if (file.document.empty()) Fail(name, ": the list of results is empty");
    return file;
  }
  for (const char* key : {"images", "annotations"}) {
    if (!file.document.is_object() || !file.document.contains(key)) {
      Fail(name, ": no COCO file: ", key, " is missing (and it is no list of results)");
    }
    const json& list = file.document.at(key);
    if (!list.is_array()) {
      Fail(name, ": ", key, " must be a list, it is ", ObjectReader::TypeOf(list));
    }
  }
  return file;
}

CocoSelection SelectCoco(const CocoFile& file, std::string_view selection) {
  return Selector(file).Select(selection);
}

}  // namespace ceres_align::io_internal
