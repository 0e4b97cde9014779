// Which scenes a batch has: from a folder, a list of files, or a manifest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ceres_align {

/// One scene of a batch.
struct ListedScene {
  std::string id;              ///< unique in the batch; safe as a relative path ("a/b")
  std::filesystem::path path;  ///< the scene file; of an inline scene the manifest
  std::string text;            ///< of an inline scene: its JSON; empty: in the file
  std::string name;            ///< begins messages: the path, or "manifest.jsonl:12"
};

/// The scenes that `scenes` names, which may be
/// - a folder: every scene.json below it; if there is none, every *.json in it but result.json; in
///   natural order. The id is the path below the folder, without .json or /scene.json.
/// - a manifest NAME.jsonl: a JSON object a line, {"id": "a", "scene": "a.json"}, where "scene" may
///   also be a scene itself ({"mesh": …, "views": […]}). Without "id" the id is as for a list, of
///   an inline scene the number of its line, "000012".
/// - any other file: a path a line; # begins a comment. The id is the path below the folder that
///   all of them share, without .json or /scene.json.
/// Paths are relative to the file that has them. Nothing is opened but `scenes` itself. Throws
/// InputError, naming the line, also for no scene at all and for ids that appear twice.
std::vector<ListedScene> ListScenes(const std::filesystem::path& scenes);

/// The `index`-th of `count` shares of nearly the same size, index from 0: every count-th one.
std::vector<ListedScene> ShareOf(const std::vector<ListedScene>& scenes, size_t index,
                                 size_t count);

}  // namespace ceres_align
