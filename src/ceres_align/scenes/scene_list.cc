#include "ceres_align/scenes/scene_list.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/natural_order.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const std::string& place, const std::string& what) {
  throw InputError(place + what);
}

// Without .json or /scene.json.
std::string IdOf(const fs::path& path) {
  const fs::path bare = path.filename() == "scene.json" && path.has_parent_path()
                            ? path.parent_path()
                        : path.extension() == ".json" ? fs::path(path).replace_extension()
                                                      : path;
  return bare.generic_u8string();
}

void CheckId(const std::string& id, const std::string& place) {
  const fs::path path = fs::u8path(id);
  bool good = !id.empty() && path.is_relative();
  for (const fs::path& part : path) good = good && IsFileNameSafe(part.u8string());
  if (!good) Fail(place, ": the id " + Quoted(id) + " cannot be a path in a folder");
}

std::vector<ListedScene> InFolder(const fs::path& folder) {
  std::vector<fs::path> nested, flat;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file()) continue;
    const fs::path path = entry.path().lexically_relative(folder);
    if (path.filename() == "scene.json") {
      nested.push_back(path);
    } else if (path.extension() == ".json" && !path.has_parent_path() && path != "result.json") {
      flat.push_back(path);
    }
  }
  std::vector<fs::path>& chosen = nested.empty() ? flat : nested;
  std::sort(chosen.begin(), chosen.end(), [](const fs::path& a, const fs::path& b) {
    return NaturallyBefore(a.generic_string(), b.generic_string());
  });
  std::vector<ListedScene> scenes;
  for (const fs::path& path : chosen) {
    const std::string id = path == "scene.json" ? "scene" : IdOf(path);
    scenes.push_back({id, folder / path, "", Shown((folder / path).u8string())});
  }
  return scenes;
}

// The ids of scenes that have none: below the folder that all of those share.
void NameByPaths(std::vector<ListedScene>* scenes) {
  std::map<const ListedScene*, fs::path> absolute;
  fs::path common;
  for (const ListedScene& scene : *scenes) {
    if (!scene.id.empty()) continue;
    const fs::path path = fs::absolute(scene.path).lexically_normal();
    absolute[&scene] = path;
    if (common.empty()) common = path.parent_path();
    while (std::mismatch(common.begin(), common.end(), path.begin(), path.end()).first !=
           common.end()) {
      common = common.parent_path();
    }
  }
  // A folder with one scene.json and nothing else would have an empty id.
  if (absolute.size() == 1 && common.has_parent_path()) common = common.parent_path();
  for (ListedScene& scene : *scenes) {
    if (scene.id.empty()) scene.id = IdOf(absolute.at(&scene).lexically_relative(common));
  }
}

ListedScene FromManifestLine(const std::string& line, const std::string& place, size_t number,
                             const fs::path& file) {
  using Json = nlohmann::json;
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) Fail(place, ": must be one JSON object on one line");
  ListedScene scene;
  scene.name = place;
  for (const auto& item : object.items()) {
    if (item.key() == "id" && item.value().is_string()) {
      scene.id = item.value().get<std::string>();
      CheckId(scene.id, place);
    } else if (item.key() == "scene" && item.value().is_string()) {
      scene.path = file.parent_path() / fs::u8path(item.value().get<std::string>());
      scene.name = Shown(scene.path.u8string());
    } else if (item.key() == "scene" && item.value().is_object()) {
      scene.path = file;
      scene.text = item.value().dump();
      if (scene.id.empty()) scene.id = Format("%06zu", number);
    } else {
      Fail(place,
           ": " + Quoted(item.key()) + " is not \"id\" (a text) or \"scene\" (a path, or a scene)");
    }
  }
  if (scene.path.empty()) Fail(place, ": scene is missing");
  return scene;
}

std::vector<ListedScene> FromFile(const fs::path& file) {
  const bool is_manifest = file.extension() == ".jsonl";
  const std::string name = Shown(file.u8string());
  std::istringstream text(ReadFile(file));
  std::vector<ListedScene> scenes;
  size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos || (!is_manifest && line[first] == '#')) continue;
    const std::string place = Format("%s:%zu", name.c_str(), number);
    if (is_manifest) {
      scenes.push_back(FromManifestLine(line, place, number, file));
      continue;
    }
    const std::string path = line.substr(first, line.find_last_not_of(" \t") - first + 1);
    if (path.find('\0') != std::string::npos) Fail(place, ": a NUL in a path");
    const fs::path whole = file.parent_path() / fs::u8path(path);
    scenes.push_back({"", whole, "", Shown(whole.u8string())});
  }
  NameByPaths(&scenes);
  return scenes;
}

}  // namespace

std::vector<ListedScene> ListScenes(const fs::path& scenes) {
  const std::string name = Shown(scenes.u8string());
  std::error_code error;
  const bool is_folder = fs::is_directory(scenes, error);
  std::vector<ListedScene> list;
  try {
    list = is_folder ? InFolder(scenes) : FromFile(scenes);
  } catch (const fs::filesystem_error& failure) {
    Fail(name, ": " + failure.code().message());
  }
  if (list.empty()) {
    Fail(name, is_folder ? ": no scene.json below it, and no *.json in it" : ": names no scene");
  }
  std::map<std::string, const ListedScene*> by_id;
  for (const ListedScene& scene : list) {
    CheckId(scene.id, scene.name);
    const auto [found, is_new] = by_id.emplace(scene.id, &scene);
    if (!is_new) {
      Fail(name, ": the id " + Quoted(scene.id) + " is that of " + found->second->name + " and " +
                     scene.name);
    }
  }
  return list;
}

std::vector<ListedScene> ShareOf(const std::vector<ListedScene>& scenes, size_t index,
                                 size_t count) {
  CHECK_LT(index, count);
  std::vector<ListedScene> share;
  for (size_t i = index; i < scenes.size(); i += count) share.push_back(scenes[i]);
  return share;
}

}  // namespace ceres_align
