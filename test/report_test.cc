// result.json and the report on the console, of hand-made results.
#include <nlohmann/json.hpp>
#include <set>

#include "ceres_align/report/result_json.h"
#include "ceres_align/report/text_report.h"
#include "report_testing.h"

namespace ceres_align::testing {
namespace {

using Json = nlohmann::json;

TEST(ResultJson, HasTheDocumentedKeys) {
  const MadeRun run = MakeRun();
  const Json json =
      Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {0.5, 0.25, 0.125, 1}));
  const std::set<std::string> expected = {
      "status",    "usable",      "termination",   "backend",      "rig_from_world", "views",
      "accuracy",  "misfit",      "right",         "sigma",        "options",        "covariance",
      "ambiguous", "ambiguity",   "observability", "alternatives", "cost",           "errors",
      "seconds",   "iterations",  "evaluations",   "searched",     "restarted",      "sharpened",
      "checks",    "consistency", "warnings"};
  std::set<std::string> keys;
  for (const auto& item : json.items()) keys.insert(item.key());
  EXPECT_EQ(keys, expected);
  EXPECT_EQ(json["status"], "converged");
  EXPECT_TRUE(json["usable"].get<bool>());
  EXPECT_EQ(json["searched"], false);
  EXPECT_EQ(json["restarted"], false);
  EXPECT_EQ(json["sharpened"], false);
  EXPECT_EQ(json["options"]["sharp_window"], AlignOptions().sharp_window);
  EXPECT_EQ(json["ambiguous"], false);
  EXPECT_TRUE(json["observability"].is_null());
  EXPECT_EQ(json["alternatives"], Json::array());
  EXPECT_EQ(json["seconds"]["load"], 0.5);
  EXPECT_EQ(json["seconds"]["prepare"], run.result.prepare_seconds);
  EXPECT_EQ(json["seconds"]["solve"], 0.015);
  EXPECT_EQ(json["seconds"]["assess"], 0.002);
  EXPECT_EQ(json["seconds"]["draw"], 0.25);
  EXPECT_EQ(json["seconds"]["write"], 0.125);
  EXPECT_EQ(json["seconds"]["total"], 1);
  EXPECT_EQ(json["covariance"].size(), 6u);
  EXPECT_EQ(json["covariance"][5].size(), 6u);
  EXPECT_NEAR(json["sigma"]["rotation_deg"][0].get<double>(), 1e-3 * 180 / M_PI, 1e-15);
  EXPECT_NEAR(json["errors"]["rotation_deg"].get<double>(), 0.01 * 180 / M_PI, 1e-9);
  EXPECT_EQ(json["options"]["coarsest_width_px"], AlignOptions().coarsest_width_px);
}

TEST(ResultJson, ASearchTellsWhatElseItFound) {
  MadeRun run = MakeSearchedRun(1.25);
  Json json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {}));
  EXPECT_EQ(json["searched"], true);
  EXPECT_EQ(json["restarted"], false);
  EXPECT_EQ(json["ambiguous"], true);
  EXPECT_EQ(json["usable"], false);
  ASSERT_EQ(json["alternatives"].size(), 2u);
  EXPECT_EQ(json["alternatives"][0]["cost_ratio"], 1.25);
  EXPECT_TRUE(json["alternatives"][1]["cost_ratio"].is_null());
  EXPECT_EQ(json["alternatives"][1]["rig_from_world"]["R"][0][1].get<double>(), Pose(-1).R()(0, 1));
  EXPECT_EQ(json["options"]["search_rotations"], AlignOptions().search_rotations);
  EXPECT_EQ(json["options"]["restarts"], AlignOptions().restarts);
  run = MakeSearchedRun(2);
  run.result.restarted = true;
  json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {}));
  EXPECT_EQ(json["ambiguous"], false);
  EXPECT_EQ(json["usable"], true);
  EXPECT_EQ(json["restarted"], true);
}

TEST(ResultJson, NumbersReadBackToTheSameBits) {
  const MadeRun run = MakeRun();
  const Json json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {}));
  const Eigen::Matrix3d R = run.result.rig_from_world.R();
  const Json& pose = json["rig_from_world"];
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) {
      EXPECT_EQ(pose["R"][r][c].get<double>(), R(r, c));
      // PyTorch3D: R transposed, columns x and y negated.
      EXPECT_EQ(pose["pytorch3d"]["R"][r][c].get<double>(), (c < 2 ? -1 : 1) * R(c, r));
    }
  }
  EXPECT_EQ(pose["pytorch3d"]["T"][0].get<double>(), -pose["t"][0].get<double>());
  EXPECT_EQ(pose["quaternion_xyzw"][3].get<double>(), run.result.rig_from_world.rotation.w());
}

TEST(ResultJson, RowsOfNumbersStandOnOneLine) {
  MadeRun run = MakeRun();
  run.result.termination = "a [\n1,\n 2] \"quoted [ text\\";
  const std::string text = ResultJson(run.scene, run.result, AlignOptions(), {});
  EXPECT_EQ(Json::parse(text)["termination"], run.result.termination);
  EXPECT_NE(text.find("\"camera_center\": ["), std::string::npos);
  EXPECT_EQ(text.find("\"camera_center\": [\n"), std::string::npos);
  EXPECT_EQ(text.find("[ "), text.find("[ text"));
}

TEST(ResultJson, NotFiniteIsNullAndNoTruthMeansNoErrors) {
  MadeRun run = MakeRun();
  run.result.final_cost = std::numeric_limits<double>::infinity();
  run.result.covariance.reset();
  run.scene.true_rig_from_world.reset();
  const std::string text = ResultJson(run.scene, run.result, AlignOptions(), {});
  const Json json = Json::parse(text);
  EXPECT_TRUE(json["views"][1]["contour_rms_px"].is_null());
  EXPECT_TRUE(json["cost"]["final"].is_null());
  EXPECT_TRUE(json["covariance"].is_null());
  EXPECT_TRUE(json["sigma"].is_null());
  EXPECT_FALSE(json.contains("errors"));
  EXPECT_EQ(text.find("nan"), std::string::npos);
}

TEST(ResultJson, OnlySecondsDependOnTheClock) {
  MadeRun run = MakeRun();
  Json a = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {1, 2}));
  run.result.solve_seconds = 99;
  run.result.prepare_seconds = 98;
  Json b = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {3, 4}));
  EXPECT_NE(a, b);
  a.erase("seconds");
  b.erase("seconds");
  EXPECT_EQ(a, b);
}

TEST(TextReport, SaysDirectionErrorsAndReference) {
  MadeRun run = MakeRun();
  const std::string text = TextReport(run.scene, run.result, {});
  for (const char* part :
       {"world -> camera", "X_cam = X_world*R + T", "x_cam = R*x_world + t", "reference", "aligned",
        "camera centre", "IoU 0.98760", "rotation 0.57296 deg", "converged", "Sigma"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  run.scene.true_rig_from_world.reset();
  EXPECT_EQ(TextReport(run.scene, run.result, {}).find("reference"), std::string::npos);
}

TEST(TextReport, SaysHowThePoseWasFound) {
  const auto expect = [](const MadeRun& run, const std::string& part, bool there) {
    const std::string text = TextReport(run.scene, run.result, {});
    EXPECT_EQ(text.find(part) != std::string::npos, there) << part << "\n" << text;
  };
  MadeRun run = MakeRun();
  expect(run, "Found from the start\n", true);
  expect(run, "Other poses", false);
  expect(run, "middle of each pixel", false);
  run.result.sharpened = true;
  expect(run, "middle of each pixel", true);
  run.result.restarted = true;
  expect(run, "rotations around it were tried too", true);
  run = MakeSearchedRun(1.8);
  expect(run, "Found without a start", true);
  expect(run, "cost x1.8, 90.0 deg away", true);
  expect(run, "AMBIGUOUS", false);
  expect(run, "The result is usable", true);
  run = MakeSearchedRun(1.02);
  expect(run, "AMBIGUOUS: a pose with another rotation fits", true);
  expect(run, "NOT to be trusted", true);
  run.result.alternatives.clear();
  expect(run, "Other poses: none", true);
}

TEST(TextReport, ListsEveryCheck) {
  MadeRun run = MakeRun();
  run.result.checks = {{"contour", true, "all is near"}, {"views", false, "left disagrees"}};
  const std::string text = TextReport(run.scene, run.result, {});
  EXPECT_NE(text.find("  contour       ok      all is near\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  views         FAILED  left disagrees\n"), std::string::npos) << text;
  EXPECT_NE(text.find("NOT to be trusted (see the checks)"), std::string::npos) << text;
}

TEST(ResultJson, ListsEveryCheckAndTheFiguresBehindThem) {
  MadeRun run = MakeRun();
  run.result.checks = {{"contour", true, "all is near"}, {"views", false, "left disagrees"}};
  run.result.views[1].contour.p90_px = 0.75;
  Json json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {}));
  EXPECT_EQ(json["usable"], false);
  ASSERT_EQ(json["checks"].size(), 2u);
  EXPECT_EQ(json["checks"][1]["name"], "views");
  EXPECT_EQ(json["checks"][1]["passed"], false);
  EXPECT_EQ(json["checks"][1]["message"], "left disagrees");
  EXPECT_EQ(json["views"][1]["contour"]["p90_px"], 0.75);
  EXPECT_TRUE(json["consistency"].is_null());
  Consistency fit;
  fit.view_indices = {0, 1};
  fit.pulls.resize(2);
  fit.pulls[1].chi2 = 12.5;
  fit.focal_change = -0.25;
  run.result.consistency = fit;
  json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {}));
  EXPECT_EQ(json["consistency"]["pulls"][1]["view"], "right");
  EXPECT_EQ(json["consistency"]["pulls"][1]["chi2"], 12.5);
  EXPECT_EQ(json["consistency"]["focal"]["change"], -0.25);
}

}  // namespace
}  // namespace ceres_align::testing
