#include "ceres_align/scenes/result_line.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ceres_align/report/json_values.h"
#include "ceres_align/report/result_json.h"

namespace ceres_align {
namespace {

using Json = nlohmann::ordered_json;

Json Vector3(const Eigen::Vector3d& v) {
  return {NumberJson(v[0]), NumberJson(v[1]), NumberJson(v[2])};
}

Json AccuracyOf(const AlignResult& result) {
  if (!result.accuracy) return nullptr;
  return {{"rotation_deg", NumberJson(result.accuracy->rotation_rad * 180 / M_PI)},
          {"translation", NumberJson(result.accuracy->translation)},
          {"translation_percent_of_distance",
           NumberJson(100 * result.accuracy->translation_of_distance)}};
}

Json SigmaOf(const AlignResult& result) {
  if (!result.covariance) return nullptr;
  const Eigen::Matrix<double, 6, 1> sigma = SigmasOf(result);
  return {{"rotation_deg", Vector3(sigma.head<3>())}, {"translation", Vector3(sigma.tail<3>())}};
}

void AddViews(const AlignResult& result, Json* line) {
  Json iou = Json::array(), rms = Json::array();
  for (const ViewResult& view : result.views) {
    iou.push_back(NumberJson(view.iou));
    rms.push_back(NumberJson(view.contour_rms_px));
  }
  (*line)["iou"] = iou;
  (*line)["contour_rms_px"] = rms;
}

void AddChecks(const AlignResult& result, Json* line) {
  Json failed = Json::array();
  for (const Check& check : result.checks) {
    if (!check.passed) failed.push_back({{"name", check.name}, {"message", check.message}});
  }
  (*line)["failed"] = failed;
}

void AddResult(const Scene& scene, const AlignResult& result, Json* line) {
  (*line)["usable"] = result.IsUsable();
  (*line)["right"] = result.IsRight();
  (*line)["status"] = ToString(result.status);
  (*line)["rig_from_world"] = PoseJson(result.rig_from_world);
  (*line)["accuracy"] = AccuracyOf(result);
  (*line)["sigma"] = SigmaOf(result);
  AddViews(result, line);
  AddChecks(result, line);
  (*line)["searched"] = result.searched;
  for (const UnknownFit& fit : result.unknowns) {
    (*line)["unknowns"][fit.of.empty() ? fit.name : fit.name + " of " + fit.of] =
        NumberJson(fit.value);
  }
  if (const auto errors = ErrorsOf(scene, result)) {
    (*line)["errors"] = {
        {"rotation_deg", NumberJson(errors->rotation_deg)},
        {"translation", NumberJson(errors->translation)},
        {"translation_percent_of_distance", NumberJson(errors->translation_percent)}};
  }
}

void AddObjects(const ObjectsResult& result, Json* line) {
  (*line)["usable"] = result.AllUsable();
  (*line)["right"] =
      std::all_of(result.objects.begin(), result.objects.end(),
                  [](const ObjectResult& object) { return object.align.IsRight(); });
  (*line)["rounds"] = result.rounds;
  (*line)["objects"] = Json::array();
  for (const ObjectResult& object : result.objects) {
    Json entry = {{"name", object.name}};
    AddResult(object.scene, object.align, &entry);
    (*line)["objects"].push_back(entry);
  }
}

void AddSeconds(const SceneOutcome& outcome, Json* line) {
  double prepare = outcome.result.prepare_seconds, solve = outcome.result.solve_seconds,
         assess = outcome.result.assess_seconds;
  for (size_t i = 0; outcome.objects && i < outcome.objects->objects.size(); ++i) {
    const AlignResult& align = outcome.objects->objects[i].align;
    prepare += align.prepare_seconds;
    solve += align.solve_seconds;
    assess += align.assess_seconds;
  }
  (*line)["seconds"] = {{"load", outcome.load_seconds},
                        {"prepare", prepare},
                        {"solve", solve},
                        {"assess", assess}};
}

std::string Dump(const Json& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string ResultLine(const SceneOutcome& outcome) {
  Json line = {{"id", outcome.listed->id}, {"scene", outcome.listed->name}};
  if (outcome.error.empty()) {
    if (outcome.objects) {
      AddObjects(*outcome.objects, &line);
    } else {
      AddResult(outcome.scene, outcome.result, &line);
    }
    if (!outcome.warnings.empty()) line["warnings"] = outcome.warnings;
    AddSeconds(outcome, &line);
  } else {
    line["error"] = outcome.error;
  }
  line["seconds"]["total"] = outcome.total_seconds;
  return Dump(line);
}

std::string WithoutSeconds(const std::string& text) {
  Json line = Json::parse(text);
  line.erase("seconds");
  return Dump(line);
}

}  // namespace ceres_align
