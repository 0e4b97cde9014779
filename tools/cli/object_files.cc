#include "cli/object_files.h"

#include <utility>

#include "ceres_align/report/objects_report.h"

namespace ceres_align::cli {

std::vector<OutputFile> DrawObjectPictures(const OutputPlan& plan, const ObjectsRun& run,
                                           Rasterizer* rasterizer) {
  std::vector<OutputFile> files;
  if (plan.overlay) {
    for (const ObjectsOverlay& overlay : DrawObjects(run.result, rasterizer)) {
      files.push_back({"overlay_" + overlay.view + ".png", EncodePng(overlay.picture)});
    }
  }
  OutputPlan of_one = plan;
  of_one.gif = false;
  for (size_t i = 0; i < run.result.objects.size(); ++i) {
    const ObjectResult& object = run.result.objects[i];
    const std::vector<AlignIteration> none;
    const DrawnRun drawn = {object.scene, object.meshes,      none,        object.align,
                            run.options,  run.warnings_of[i], run.seconds, object.name};
    for (OutputFile& file : DrawPictures(of_one, drawn, rasterizer)) {
      files.push_back({object.name + "/" + file.path, std::move(file.bytes)});
    }
  }
  return files;
}

std::vector<OutputFile> ObjectJsonFiles(const ObjectsRun& run) {
  std::vector<OutputFile> files;
  std::vector<std::string> results;
  for (size_t i = 0; i < run.result.objects.size(); ++i) {
    const ObjectResult& object = run.result.objects[i];
    results.push_back(
        ResultJson(object.scene, object.align, run.options, run.seconds, run.warnings_of[i]));
    files.push_back({object.name + "/result.json", results.back()});
  }
  files.push_back({"result.json", ObjectsJson(run.result, results, run.seconds, run.warnings)});
  return files;
}

}  // namespace ceres_align::cli
