#include "ceres_align/report/objects_report.h"

#include <map>
#include <nlohmann/json.hpp>

#include "ceres_align/base/text.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/scene_renderer.h"
#include "ceres_align/report/text_report.h"

namespace ceres_align {
namespace {

using Json = nlohmann::ordered_json;

// One object after the other; told apart by colour-blind readers too (after Okabe and Ito).
constexpr Rgb kObjectColors[] = {{230, 159, 0},   {86, 180, 233}, {0, 158, 115},
                                 {204, 121, 167}, {240, 228, 66}, {213, 94, 0}};
constexpr size_t kNumColors = sizeof(kObjectColors) / sizeof(kObjectColors[0]);

std::vector<std::string> FailedChecks(const AlignResult& align) {
  std::vector<std::string> names;
  for (const Check& check : align.checks) {
    if (!check.passed) names.push_back(check.name);
  }
  return names;
}

void DrawObject(const ImageF& mask, const ImageF& coverage, const Rgb& color, RgbImage* picture) {
  constexpr double kFill = 0.45;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      Rgb& pixel = picture->at(x, y);
      if (mask.at(x, y) > 0) pixel = Mix(pixel, color, kFill * mask.at(x, y));
      if (OnOutline(coverage, x, y)) pixel = color;
    }
  }
}

}  // namespace

std::string ObjectsJson(const ObjectsResult& result, const std::vector<std::string>& results,
                        const RunSeconds& seconds, const std::vector<std::string>& warnings) {
  CHECK_EQ(results.size(), result.objects.size());
  Json objects = Json::array();
  double prepare = 0, solve = 0, assess = 0;
  for (size_t i = 0; i < results.size(); ++i) {
    const ObjectResult& object = result.objects[i];
    const Json full = Json::parse(results[i]);
    Json entry = {{"name", object.name}};
    for (const char* key : {"status", "right", "usable"}) entry[key] = full.at(key);
    entry["failed_checks"] = FailedChecks(object.align);
    for (const char* key : {"rig_from_world", "accuracy", "errors"}) {
      if (full.contains(key)) entry[key] = full.at(key);
    }
    entry["result"] = object.name + "/result.json";
    objects.push_back(entry);
    prepare += object.align.prepare_seconds;
    solve += object.align.solve_seconds;
    assess += object.align.assess_seconds;
  }
  const Json json = {{"usable", result.AllUsable()},
                     {"rounds", result.rounds},
                     {"objects", objects},
                     {"seconds",
                      {{"load", seconds.load},
                       {"prepare", prepare},
                       {"solve", solve},
                       {"assess", assess},
                       {"draw", seconds.draw},
                       {"write", seconds.write},
                       {"total", seconds.total}}},
                     {"warnings", warnings}};
  return WithShortLists(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string ObjectsText(const ObjectsResult& result, const RunSeconds& seconds) {
  std::string text;
  for (const ObjectResult& object : result.objects) {
    text += "\n==== " + Shown(object.name) + " ====\n" +
            TextReport(object.scene, object.align, seconds);
  }
  text += Format("\n%zu objects, aligned in %d %s:\n", result.objects.size(), result.rounds,
                 result.rounds == 1 ? "round" : "rounds");
  for (const ObjectResult& object : result.objects) {
    text += "  " + Shown(object.name) + ": " +
            (object.align.IsUsable() ? "usable" : "NOT usable, failed:");
    for (const std::string& name : FailedChecks(object.align)) text += " " + name;
    text += "\n";
  }
  return text;
}

std::vector<ObjectsOverlay> DrawObjects(const ObjectsResult& result, Rasterizer* rasterizer) {
  std::vector<ObjectsOverlay> overlays;
  std::map<std::string, size_t> index_of;
  for (size_t i = 0; i < result.objects.size(); ++i) {
    const ObjectResult& object = result.objects[i];
    const SceneRenderer renderer(object.scene, object.meshes, rasterizer);
    for (size_t v = 0; v < object.scene.views.size(); ++v) {
      const View& view = object.scene.views[v];
      const auto [found, is_new] = index_of.emplace(view.name, overlays.size());
      if (is_new) {
        overlays.push_back({view.name, RgbImage(view.mask.width, view.mask.height, kEmptyColor)});
      }
      const int index = static_cast<int>(v);
      const ImageF coverage =
          renderer.Coverage(index, object.align.rig_from_world, renderer.FullSize(index));
      DrawObject(view.mask, coverage, kObjectColors[i % kNumColors],
                 &overlays[found->second].picture);
    }
  }
  return overlays;
}

}  // namespace ceres_align
