#include "ceres_align/io/coco_file.h"

#include "ceres_align/io/files.h"
#include "ceres_align/io/json_object.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {

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

const CocoFile& CocoFiles::Get(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path key = std::filesystem::weakly_canonical(path, ignored);
  if (key.empty()) key = path;
  const auto found = files_.find(key);
  if (found != files_.end()) return found->second;
  return files_.emplace(key, ParseCoco(ReadFile(path), NameOf(path))).first->second;
}

}  // namespace ceres_align::io_internal
