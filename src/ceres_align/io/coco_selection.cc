#include "ceres_align/io/coco_selection.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "ceres_align/io/coco_images.h"
#include "ceres_align/io/json_object.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

using nlohmann::json;

// The annotations of one image.
class Annotations {
 public:
  Annotations(const CocoFile& file, const CocoImage& image) : file_(file), image_(image) {
    if (!file.is_results) ListCategories();
    const json& list = file.annotations();
    for (size_t i = 0; i < list.size(); ++i) {
      if (CocoId(list[i], "image_id", file.Place(i)) == image.id) of_image_.push_back(i);
    }
  }

  std::vector<size_t> Pick(std::string_view words) const {
    if (words.empty()) return TheOnlyOne();
    // A category's name may have a plus.
    if (!Find(words, false).empty()) return Resolve(words);
    std::set<size_t> chosen;
    for (size_t begin = 0; begin <= words.size();) {
      const size_t end = std::min(words.find('+', begin), words.size());
      for (const size_t i : Resolve(words.substr(begin, end - begin))) chosen.insert(i);
      begin = end + 1;
    }
    return {chosen.begin(), chosen.end()};
  }

 private:
  void ListCategories() {
    const auto list = file_.document.find("categories");
    if (list == file_.document.end()) return;
    if (!list->is_array()) {
      Fail(file_.name, ": categories must be a list, it is ", ObjectReader::TypeOf(*list));
    }
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string place = Cat(file_.name, ": categories[", i, "]");
      const std::string id = CocoId((*list)[i], "id", place);
      categories_[id] = CocoText((*list)[i], "name", place);
    }
  }

  std::vector<size_t> TheOnlyOne() const {
    if (of_image_.size() < 2) return of_image_;
    Fail(file_.name, ": image ", Shown(image_.Text()), " has ", of_image_.size(),
         " annotations; say which, or all: ", Texts(of_image_));
  }

  std::string Category(size_t i) const {
    const json& annotation = file_.annotations()[i];
    if (!annotation.contains("category_id")) return "";
    const std::string id = CocoId(annotation, "category_id", file_.Place(i));
    if (file_.is_results) return id;
    const auto found = categories_.find(id);
    return found == categories_.end() ? "" : found->second;
  }

  std::string Id(size_t i) const {
    const json& annotation = file_.annotations()[i];
    const bool has_id = !file_.is_results && annotation.contains("id");
    return has_id ? CocoId(annotation, "id", file_.Place(i)) : "";
  }

  // Of the image's annotations those of an id, or of a category.
  std::vector<size_t> Find(std::string_view word, bool by_id) const {
    std::vector<size_t> found;
    for (const size_t i : of_image_) {
      if (!word.empty() && word == (by_id ? Id(i) : Category(i))) found.push_back(i);
    }
    return found;
  }

  std::vector<size_t> Resolve(std::string_view word) const {
    std::vector<size_t> found = Find(word, true);
    const std::vector<size_t> of_category = Find(word, false);
    if (found.empty()) {
      found = of_category;
    } else if (!of_category.empty() && of_category != found) {
      Fail(file_.name, ": ", Quoted(word), " is an annotation's id and a category's name in image ",
           Shown(image_.Text()), ": ", Texts(found), " and ", Texts(of_category), "; write ",
           Position(found[0]), " or ", Position(of_category[0]));
    }
    if (found.empty() && word == "all") return of_image_;
    if (found.empty() && !word.empty() && word[0] == '@') found = FindPosition(word);
    if (found.empty()) {
      Fail(file_.name, ": image ", Shown(image_.Text()), " has no annotation ", Quoted(word),
           "; it has ", of_image_.empty() ? "none" : Texts(of_image_));
    }
    if (found.size() > 1) {
      Fail(file_.name, ": image ", Shown(image_.Text()), " has ", found.size(), " annotations ",
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
    return CocoListed(texts);
  }

  const CocoFile& file_;
  const CocoImage& image_;
  std::map<std::string, std::string> categories_;  // names by ids
  std::vector<size_t> of_image_;
};

}  // namespace

CocoSelection SelectCoco(const CocoFile& file, std::string_view selection) {
  const auto [image, words] = CocoImages(file).Split(selection);
  return {image.index, image.Text(), Annotations(file, image).Pick(words)};
}

std::string CocoImageName(const CocoFile& file, std::string_view selection) {
  const CocoImage image = CocoImages(file).Split(selection).first;
  return image.file_name.empty() ? image.id
                                 : std::filesystem::path(image.file_name).stem().string();
}

}  // namespace ceres_align::io_internal
