#include "cli/outputs.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <sstream>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/file_transaction.h"
#include "ceres_align/maps/photo.h"
#include "ceres_align/report/animation.h"
#include "ceres_align/report/comparison.h"
#include "ceres_align/report/final_overlay.h"
#include "ceres_align/report_html/html_report.h"
#include "cli/signals.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

std::set<std::string> ChosenOutputs(const std::string& flag) {
  const std::set<std::string> all = {"json", "overlay", "comparison", "gif", "report"};
  if (flag == "all") return all;
  if (flag == "none") return {};
  std::set<std::string> chosen;
  std::istringstream words(flag);
  for (std::string word; std::getline(words, word, ',');) {
    if (all.count(word) == 0) {
      throw InputError(
          "--outputs: " + Quoted(word) +
          " is none of json, overlay, comparison, gif, report (or all, or none, alone)");
    }
    chosen.insert(word);
  }
  if (chosen.empty()) throw InputError("--outputs is empty; --outputs none writes nothing");
  return chosen;
}

/// Of the chosen outputs those that --pictures keeps.
std::set<std::string> WithPictures(std::set<std::string> chosen, const OutputFlags& flags) {
  if (flags.pictures == "all") return chosen;
  const bool final = flags.pictures == "final";
  if (!final && flags.pictures != "none") {
    throw InputError("--pictures: " + Quoted(flags.pictures) + " is none of none, final, all");
  }
  const bool all = flags.outputs == "all";
  for (const char* picture : {"overlay", "comparison", "gif", "report"}) {
    if (final && picture == std::string("overlay")) continue;
    if (chosen.erase(picture) > 0 && !all) {
      throw InputError(Format("--outputs has %s, which --pictures %s leaves out; give one of them",
                              picture, flags.pictures.c_str()));
    }
  }
  if (final && chosen.count("overlay") == 0) {
    throw InputError("--pictures final is the overlay, which --outputs lacks; give one of them");
  }
  return chosen;
}

// A photograph in another size than its mask shows the same where the shapes are so much alike.
constexpr double kSameShape = 0.01;

/// The path of a picture whose own flag may say where it goes.
void TakePath(const std::string& given, bool chosen, const char* flag, const char* output,
              std::string* path) {
  if (given.empty()) return;
  if (!chosen) {
    throw InputError(
        Format("--%s is given, but --outputs (or --pictures) has no %s", flag, output));
  }
  CheckWritable(given);
  *path = fs::absolute(given).string();
}

}  // namespace

OutputPlan PlanOutputs(const OutputFlags& flags) {
  const std::set<std::string> chosen = WithPictures(ChosenOutputs(flags.outputs), flags);
  OutputPlan plan;
  plan.json = chosen.count("json") > 0;
  plan.overlay = chosen.count("overlay") > 0;
  plan.comparison = chosen.count("comparison") > 0;
  plan.gif = chosen.count("gif") > 0;
  plan.report = chosen.count("report") > 0;
  plan.out_dir = flags.out_dir;
  TakePath(flags.filename_output, plan.gif, "filename_output", "gif", &plan.gif_path);
  TakePath(flags.start_end_output, plan.comparison, "start_end_output", "comparison",
           &plan.comparison_path);
  if (plan.any()) CheckOutputDirectory(plan.out_dir);
  return plan;
}

std::vector<RgbImage> LoadPhotos(const Scene& scene, const SceneDescription& description,
                                 const fs::path& folder, const std::string& photos) {
  std::vector<RgbImage> loaded;
  for (const View& view : scene.views) {
    fs::path path = photos.empty() ? fs::path() : FindPhoto(photos, view.name);
    const auto described =
        std::find_if(description.views.begin(), description.views.end(),
                     [&](const ViewDescription& other) { return other.name == view.name; });
    if (path.empty() && described != description.views.end() && !described->image.empty()) {
      path = (folder / fs::u8path(described->image)).lexically_normal();
    }
    loaded.push_back(path.empty() ? RgbImage() : LoadPhoto(path));
    const RgbImage& photo = loaded.back();
    const double width = view.camera.width_px, height = view.camera.height_px;
    if (std::abs(photo.width * height - photo.height * width) > kSameShape * photo.width * height) {
      throw InputError(Format("%s: %dx%d px do not show what %s with %.0fx%.0f px sees",
                              Shown(path.string()).c_str(), photo.width, photo.height,
                              Shown(view.name).c_str(), width, height));
    }
  }
  return loaded;
}

std::vector<OutputFile> DrawPictures(const OutputPlan& plan, const DrawnRun& run,
                                     Rasterizer* rasterizer) {
  if (!plan.gif && !plan.comparison && !plan.overlay && !plan.report) return {};
  const SceneRenderer renderer(run.scene, run.meshes, rasterizer);
  const std::vector<std::string> names =
      plan.overlay ? FileNamesOfViews(run.scene) : std::vector<std::string>();
  std::vector<OutputFile> files;
  std::vector<std::function<std::string()>> makers;  // of each file, side by side
  const auto add = [&](const std::string& path, std::function<std::string()> make) {
    files.push_back({path, {}});
    makers.push_back(std::move(make));
  };
  Animation animation;
  if (plan.gif) {
    animation = DrawAnimation(renderer, run.iterations, run.result);
    add(plan.gif_path, [&] { return EncodeGif(animation); });
  }
  if (plan.report) {
    add("report.html", [&] {
      const std::string json =
          ResultJson(run.scene, run.result, run.options, run.seconds, run.warnings);
      return HtmlReport({run.scene, run.result, run.iterations, json, run.photos, run.title},
                        renderer);
    });
  }
  if (plan.comparison) {
    add(plan.comparison_path, [&] { return EncodePng(ComparisonPicture(renderer, run.result)); });
  }
  for (size_t i = 0; i < names.size(); ++i) {
    add("overlay_" + names[i] + ".png", [&renderer, &run, i] {
      static const RgbImage none;
      const RgbImage& photo = i < run.photos.size() ? run.photos[i] : none;
      return EncodePng(OverlayPicture(renderer, static_cast<int>(i), run.result, photo));
    });
  }
  renderer.ForEach(files.size(), [&](size_t i) { files[i].bytes = makers[i](); });
  return files;
}

void WriteFiles(const char* program, const std::string& folder,
                const std::function<void(OutputFiles*)>& stage) {
  const SignalNotes notes(SignalNotes::Watch::kAll);
  try {
    OutputFiles outputs(folder, SignalNotes::Any);
    stage(&outputs);
    outputs.Commit();
  } catch (const WritingCancelled& cancelled) {
    std::fprintf(stderr, "%s: %s\n", program, cancelled.what());
    SignalNotes::EndProgram();
  }
}

}  // namespace ceres_align::cli
