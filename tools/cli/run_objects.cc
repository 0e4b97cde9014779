#include "cli/run_objects.h"

#include <cstdio>
#include <optional>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/objects/align_objects.h"
#include "ceres_align/report/objects_report.h"
#include "cli/help.h"
#include "cli/object_files.h"
#include "cli/progress.h"
#include "cli/signals.h"

namespace ceres_align::cli {
namespace {

using Warnings = std::vector<std::string>;

std::vector<SceneObject> TakeScenes(std::vector<LoadedObject> loaded, Warnings* all,
                                    std::vector<Warnings>* each) {
  std::vector<SceneObject> objects;
  for (LoadedObject& object : loaded) {
    Warnings warnings = std::move(object.loaded.warnings);
    for (std::string& hint : ScaleHints(object.loaded.scene)) warnings.push_back(std::move(hint));
    for (const std::string& warning : warnings) all->push_back(object.name + ": " + warning);
    each->push_back(std::move(warnings));
    objects.push_back({object.name, std::move(object.loaded.scene)});
  }
  return objects;
}

/// As Ctrl-C is answered for one object: the best poses so far are the result.
ObjectsResult Solve(const std::vector<SceneObject>& objects, const AlignOptions& options,
                    Rasterizer* rasterizer) {
  std::optional<Progress> progress;
  std::optional<SignalNotes> notes;
  std::string last;
  const auto callback = [&](const std::string& name, const AlignIteration& step) {
    if (!notes) notes.emplace(SignalNotes::Watch::kInterrupt);
    if (name != last) {
      if (progress) progress->Finish();
      progress.emplace();
      std::printf("%s\n", Shown(name).c_str());
      last = name;
    }
    progress->Show(step);
    return !SignalNotes::Any();
  };
  ObjectsResult result = AlignObjects(objects, rasterizer, options, callback);
  if (progress) progress->Finish();
  return result;
}

RenderScene ToRender(const SceneDescription& description, const ObjectsResult& result) {
  RenderScene scene = ViewsToRender(description, "the scene");
  for (const ObjectResult& object : result.objects) {
    const int mesh = object.scene.views.at(0).mesh_index;
    scene.objects.push_back(
        {object.name, object.scene.meshes.at(mesh), object.align.rig_from_world});
  }
  return scene;
}

}  // namespace

void CheckOutputsOfObjects(const OutputPlan& plan, const std::string& outputs) {
  if (plan.gif && outputs != "all") {
    throw InputError("--outputs: there is no animation (gif) of several objects");
  }
  const OutputPlan usual;
  if (plan.gif_path != usual.gif_path || plan.comparison_path != usual.comparison_path) {
    throw InputError(
        "--filename_output and --start_end_output cannot be given for a scene of several objects");
  }
}

int RunObjects(LoadedObjects loaded, const OutputPlan& plan, const RenderSettings& render,
               const AlignOptions& options, Rasterizer* rasterizer, Stopwatch* watch) {
  CheckRender(ViewsToRender(loaded.description, "the scene"), render);
  Warnings warnings;
  std::vector<Warnings> warnings_of;
  const std::vector<SceneObject> objects =
      TakeScenes(std::move(loaded.objects), &warnings, &warnings_of);
  RunSeconds seconds;
  seconds.load = watch->Lap();
  const ObjectsResult result = Solve(objects, options, rasterizer);
  watch->Lap();
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "ceres_align: warning: %s\n", warning.c_str());
  }
  const std::vector<OutputFile> pictures =
      DrawObjectPictures(plan, {result, options, warnings, warnings_of, seconds}, rasterizer);
  seconds.draw = watch->Lap();
  size_t num_files = pictures.size();
  const auto stage = [&](OutputFiles* files) {
    for (const OutputFile& picture : pictures) files->Stage(picture);
    if (render.maps.kinds.any()) {
      RenderMaps(ToRender(loaded.description, result), render, rasterizer,
                 [&](const OutputFile& map) {
                   files->Stage(map);
                   ++num_files;
                 },
                 {});
      seconds.draw += watch->Lap();  // with staging the files
    }
    seconds.write = watch->Lap();
    seconds.total = watch->Total();
    if (!plan.json) return;
    for (const OutputFile& file :
         ObjectJsonFiles({result, options, warnings, warnings_of, seconds})) {
      files->Stage(file);
      ++num_files;
    }
  };
  const bool any = plan.any() || render.maps.kinds.any();
  if (any) {
    WriteFiles("ceres_align", plan.out_dir, stage);
  } else {
    seconds.total = (watch->Lap(), watch->Total());
  }
  std::fputs(ObjectsText(result, seconds).c_str(), stdout);
  if (any) {
    std::printf("Written to %s: %zu files\n", Shown(plan.out_dir).c_str(), num_files);
  }
  return result.AllUsable() ? kExitOk : kExitNotUsable;
}

}  // namespace ceres_align::cli
