#include "ceres_align/report_html/html_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ceres_align/base/text.h"
#include "ceres_align/report/json_values.h"
#include "ceres_align/report/run_story.h"
#include "ceres_align/report_html/advice.h"
#include "ceres_align/report_html/page_files.h"
#include "ceres_align/report_html/report_space.h"
#include "ceres_align/report_html/report_views.h"
#include "ceres_align/version.h"

namespace ceres_align {
namespace {

using namespace report_html_internal;

// What the page may take besides its own files, as text.
constexpr size_t kPictureBytes = 1500000, kFigureBytes = 300000;
constexpr int kMostIterations = 600;
constexpr size_t kMostWarnings = 50;

Json VerdictJson(const AlignResult& result) {
  const VerdictWords words = WordsOf(result);
  Json checks = Json::array();
  for (const Check& check : result.checks) {
    Json json = {{"name", check.name}, {"passed", check.passed}, {"message", check.message}};
    if (!check.passed) json["advice"] = AdviceFor(check, result.status);
    checks.push_back(std::move(json));
  }
  return {{"kind", words.kind},
          {"headline", words.headline},
          {"explanation", words.explanation},
          {"accuracy", words.accuracy},
          {"checks", checks}};
}

Json IterationsJson(const std::vector<AlignIteration>& iterations) {
  Json list = Json::array();
  if (iterations.empty()) return list;
  for (const int i : ThinnedFrames(static_cast<int>(iterations.size()), kMostIterations)) {
    const AlignIteration& step = iterations[i];
    list.push_back({{"level", step.level + 1},
                    {"width", step.width_px},
                    {"height", step.height_px},
                    {"iteration", step.iteration},
                    {"cost", NumberJson(step.cost)},
                    {"step", NumberJson(step.step_px)},
                    {"accepted", step.accepted},
                    {"candidates", step.candidates}});
  }
  return list;
}

// Of a scene with very many views only the shown ones' figures, and the first warnings.
Json Figures(const std::string& result_json, const std::vector<size_t>& shown) {
  Json figures = Json::parse(result_json);
  Json& seconds = figures["seconds"];
  for (const char* unknown_yet : {"draw", "write", "total"}) seconds.erase(unknown_yet);
  if (figures.dump().size() <= kFigureBytes) return figures;
  Json views = Json::array();
  for (const size_t i : shown) views.push_back(figures["views"][i]);
  figures["views"] = views;
  if (figures["warnings"].size() > kMostWarnings) {
    figures["warnings"].erase(figures["warnings"].begin() + kMostWarnings,
                              figures["warnings"].end());
  }
  if (figures["consistency"].is_object()) figures["consistency"].erase("pulls");
  if (figures.contains("cameras")) figures.erase("cameras");
  figures["left_out"] = "views that are not shown, their pulls and cameras: see result.json";
  return figures;
}

Json ViewsJson(const ReportPictures& pictures, const std::vector<size_t>& shown) {
  std::vector<Json> views(shown.size());
  pictures.renderer.ForEach(shown.size(), [&](size_t i) {
    views[i] = ViewJson(pictures, shown[i], kPictureBytes / shown.size());
  });
  return views;
}

Json Labels(const std::vector<ReportPose>& poses) {
  Json labels = Json::array();
  for (const ReportPose& pose : poses) labels.push_back(pose.label);
  return labels;
}

// ASCII alone, and no '<' or '&': whatever a string holds, it does not end the block.
std::string AsScriptBlock(const Json& json) {
  const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&') {
      out += Format("\\u%04x", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string Script() {
  std::string script;
  for (const char* name : {"decode.js", "verdict.js", "picture.js", "views.js", "space.js",
                           "plots.js", "figures.js", "main.js"}) {
    script += FileOfPage(name);
  }
  return script;
}

// Puts `text` in the place of each <!--name--> of the page.
std::string Filled(std::string_view page,
                   const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string out;
  for (size_t at = 0; at < page.size();) {
    const size_t open = page.find("<!--", at), close = page.find("-->", open);
    out += page.substr(at, open == page.npos ? page.npos : open - at);
    if (open == page.npos) break;
    const std::string name(page.substr(open + 4, close - open - 4));
    const auto part = std::find_if(parts.begin(), parts.end(),
                                   [&](const auto& candidate) { return candidate.first == name; });
    CHECK(part != parts.end()) << name;
    out += part->second;
    at = close + 3;
  }
  return out;
}

}  // namespace

std::string HtmlReport(const HtmlReportInput& input, const SceneRenderer& renderer) {
  const Scene& scene = input.scene;
  const std::vector<size_t> shown = ShownViews(input.result);
  const int most_poses = PosesThatFit(kPictureBytes / std::max<size_t>(1, shown.size()));
  const std::vector<ReportPose> poses =
      PosesOfPath(scene, input.iterations, input.result, most_poses);
  const std::vector<ReportPose> others = PosesOfAlternatives(input.result);
  Json data = {{"title", Shown(input.title)},
               {"program", "ceres_align " CERES_ALIGN_VERSION},
               {"verdict", VerdictJson(input.result)},
               {"poses", Labels(poses)},
               {"others", Labels(others)},
               {"num_views", scene.views.size()}};
  data["views"] = ViewsJson({renderer, input.result, input.photos, poses, others}, shown);
  data["space"] = SpaceJson(scene, input.result, poses, others);
  data["iterations"] = IterationsJson(input.iterations);
  data["figures"] = Figures(input.result_json, shown);
  std::string page =
      Filled(FileOfPage("page.html"), {{"style", std::string(FileOfPage("page.css"))},
                                       {"three-license", std::string(FileOfPage("LICENSE"))},
                                       {"three", std::string(FileOfPage("three.min.js"))},
                                       {"data", AsScriptBlock(data)},
                                       {"script", Script()}});
  return page;
}

}  // namespace ceres_align
