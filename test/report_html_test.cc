// The page of a run: its data, its size, what a hostile text can do to it, and its outlines against
// the independent renderer.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "ceres_align/assess/verdict.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/report_html/advice.h"
#include "ceres_align/report_html/base64.h"
#include "ceres_align/report_html/html_report.h"
#include "ceres_align/report_html/outline_paths.h"
#include "ceres_align/report_html/page_files.h"
#include "report_testing.h"

namespace ceres_align::testing {
namespace {

using namespace report_html_internal;
using Json = nlohmann::json;

std::vector<uint8_t> Decoded(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
    if ((count += 6) >= 8) bytes.push_back(static_cast<uint8_t>(bits >> (count -= 8)));
  }
  return bytes;
}

template <typename T>
std::vector<T> Numbers(const Json& text) {
  const std::vector<uint8_t> bytes = Decoded(text.get<std::string>());
  std::vector<T> numbers(bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return numbers;
}

std::string Report(const MadeRun& run, const std::string& title = "mesh.obj",
                   const std::vector<std::string>& warnings = {},
                   const std::vector<RgbImage>& photos = {}) {
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const std::string json = ResultJson(run.scene, run.result, {}, {}, warnings);
  return HtmlReport({run.scene, run.result, run.iterations, json, photos, title}, renderer);
}

std::string Block(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const size_t at = html.find(begin) + begin.size();
  return html.substr(at, html.find("</script>", at) - at);
}

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++count;
  return count;
}

TEST(Base64Text, HasEveryLengthAndByte) {
  EXPECT_EQ(Base64("", 0), "");
  EXPECT_EQ(Base64("f", 1), "Zg==");
  EXPECT_EQ(Base64("fo", 2), "Zm8=");
  EXPECT_EQ(Base64("foobar", 6), "Zm9vYmFy");
  std::vector<uint8_t> all(256);
  for (int i = 0; i < 256; ++i) all[i] = static_cast<uint8_t>(255 - i);
  EXPECT_EQ(Decoded(Base64(all)), all);
}

TEST(OutlinePaths, ADiscIsOneClosedLineOfItsRadius) {
  ImageF image(60, 50);
  for (int r = 0; r < 50; ++r) {
    for (int c = 0; c < 60; ++c) {
      const double inside = 15.3 - std::hypot(c + 0.5 - 30.2, r + 0.5 - 24.6);
      image.at(c, r) = static_cast<float>(std::clamp(0.5 + 0.2 * inside, 0.0, 1.0));
    }
  }
  const std::vector<OutlinePath> paths = TraceOutline(image);
  ASSERT_EQ(paths.size(), 1u);
  EXPECT_EQ(paths[0].front().x, paths[0].back().x);
  EXPECT_EQ(paths[0].front().y, paths[0].back().y);
  double length = 0;
  for (size_t i = 0; i < paths[0].size(); ++i) {
    const OutlinePoint& p = paths[0][i];
    EXPECT_NEAR(std::hypot(p.x - 30.2, p.y - 24.6), 15.3, 0.02);
    if (i > 0) length += std::hypot(p.x - paths[0][i - 1].x, p.y - paths[0][i - 1].y);
  }
  EXPECT_NEAR(length, 2 * M_PI * 15.3, 0.3);
  const OutlinePath thin = Thinned(paths[0], 0.05);
  EXPECT_LT(thin.size(), paths[0].size() / 2);
  for (const OutlinePoint& p : thin) EXPECT_NEAR(std::hypot(p.x - 30.2, p.y - 24.6), 15.3, 0.02);
  EXPECT_EQ(thin.back().x, paths[0].back().x);
}

TEST(OutlinePaths, EndAtTheFrameAndPartSaddles) {
  ImageF half(4, 3);
  for (int r = 0; r < 3; ++r) half.at(0, r) = half.at(1, r) = 1;
  const std::vector<OutlinePath> open = TraceOutline(half);
  ASSERT_EQ(open.size(), 1u);
  ASSERT_EQ(open[0].size(), 3u);
  for (const OutlinePoint& p : open[0]) EXPECT_FLOAT_EQ(p.x, 2);
  ImageF saddle(4, 4);
  saddle.at(1, 1) = saddle.at(2, 2) = 0.9f;  // mean 0.45: two islands
  EXPECT_EQ(TraceOutline(saddle).size(), 2u);
  saddle.at(1, 1) = saddle.at(2, 2) = 1;
  saddle.at(1, 2) = 0.2f;  // mean 0.55: one
  EXPECT_EQ(TraceOutline(saddle).size(), 1u);
  EXPECT_TRUE(TraceOutline(ImageF(5, 5, 1)).empty());
  EXPECT_TRUE(TraceOutline(ImageF(1, 5, 1)).empty());
}

TEST(HtmlReport, IsOnePageThatLoadsNothing) {
  const std::string html = Report(MakeRun());
  EXPECT_LT(html.size(), size_t{1200000});
  EXPECT_EQ(html.rfind("<!DOCTYPE html>", 0), 0u);
  EXPECT_EQ(Count(html, "http"), Count(html, "http://www.w3.org/") + Count(html, "http-equiv") +
                                     Count(html, "https://threejs.org/license"));
  EXPECT_NE(html.find("default-src 'none'"), html.npos);
  EXPECT_NE(html.find("Permission is hereby granted"), html.npos) << "three.js's licence";
  for (const char* part : {"<!--style-->", "<!--data-->", "<!--script-->", "<!--three-->"}) {
    EXPECT_EQ(html.find(part), html.npos) << part;
  }
  EXPECT_EQ(html, Report(MakeRun())) << "the same bytes";
}

TEST(HtmlReport, HoldsVerdictFiguresAndIterations) {
  const MadeRun run = MakeRun();
  const Json data = Json::parse(Block(Report(run)));
  EXPECT_EQ(data["verdict"]["checks"].size(), run.result.checks.size());
  EXPECT_EQ(data["verdict"]["kind"], run.result.IsUsable() ? "usable" : "not_trusted");
  const Json result = Json::parse(ResultJson(run.scene, run.result, {}, {}));
  EXPECT_EQ(data["figures"]["rig_from_world"], result["rig_from_world"]);
  EXPECT_EQ(data["figures"]["views"], result["views"]);
  EXPECT_EQ(data["figures"]["options"], result["options"]);
  EXPECT_FALSE(data["figures"]["seconds"].contains("total"));
  ASSERT_EQ(data["iterations"].size(), run.iterations.size());
  EXPECT_EQ(data["iterations"][1]["cost"], run.iterations[1].cost);
  EXPECT_EQ(data["poses"].front(), "start");
  EXPECT_EQ(data["poses"].back(), "final");
  ASSERT_EQ(data["views"].size(), 2u);
  for (const Json& view : data["views"]) {
    EXPECT_EQ(view["poses"].size(), data["poses"].size());
    EXPECT_TRUE(view["photo"].is_null());
    const std::string mask = view["mask"];
    EXPECT_EQ(mask.rfind("data:image/png;base64,iVBOR", 0), 0u);
  }
}

// The final outline is the renderer's, and its misfit is the distance to the mask's.
TEST(HtmlReport, OutlineAndItsMisfitInColour) {
  MadeRun run = MakeRun();
  for (View& view : run.scene.views) {  // a mask that is a pixel larger on its right side
    ImageF& mask = view.mask;
    const ImageF old = mask;
    for (int r = 0; r < mask.height; ++r) {
      for (int c = 1; c < mask.width; ++c) mask.at(c, r) = std::max(old.at(c, r), old.at(c - 1, r));
    }
  }
  run.result.rig_from_world = Pose(0);
  const Json data = Json::parse(Block(Report(run)));
  const Json& final_outline = data["views"][0]["final"];
  const auto xy = Numbers<uint16_t>(final_outline["xy"]);
  const auto misfit = Numbers<int16_t>(final_outline["misfit"]);
  ASSERT_EQ(xy.size(), 2 * misfit.size());
  ASSERT_GT(misfit.size(), 100u);
  EXPECT_EQ(final_outline["starts"][0], 0);
  size_t larger = 0, smaller = 0;
  int most = 0;
  for (const int16_t off : misfit) {
    larger += off > 0.5 * 256;
    smaller += off < -0.5 * 256;
    most = std::max(most, std::abs(int{off}));
  }
  EXPECT_GT(larger, misfit.size() / 5);  // a third of all directions moves by over half a pixel
  EXPECT_LT(smaller, misfit.size() / 20);
  EXPECT_LT(most, 256 * 2);
}

TEST(HtmlReport, SpaceIsTheObjectsFrame) {
  MadeRun run = MakeSearchedRun(1.1);
  run.result.object_center_in_world = {0.1, 0.2, 0.3};
  const Json space = Json::parse(Block(Report(run)))["space"];
  const Sphere sphere = BoundingSphere(*run.scene.meshes[0]);
  const auto vector = [](const Json& list) {
    return Eigen::Vector3d(list[0].get<double>(), list[1].get<double>(), list[2].get<double>());
  };
  ASSERT_EQ(space["cameras"].size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const Rigid3d cam_from_world = run.scene.views[i].cam_from_rig * run.result.rig_from_world;
    const Eigen::Vector3d center = cam_from_world.TargetOriginInSource() - sphere.center;
    EXPECT_NEAR((vector(space["cameras"][i]["center"]) - center).norm(), 0, 1e-9);
  }
  // The first corner's ray ends at the frame's first corner.
  const Camera& camera = run.scene.views[0].camera;
  const Eigen::Vector3d ray =
      run.result.rig_from_world.R() * vector(space["cameras"][0]["corners"][0]);
  EXPECT_NEAR(camera.fx_px * ray.x() / ray.z() + camera.cx_px, 0, 1e-9);
  EXPECT_NEAR(camera.fy_px * ray.y() / ray.z() + camera.cy_px, 0, 1e-9);
  // The other pose, applied to the mesh, is seen from the final camera as that pose sees it.
  const Json& motion = space["others"][0];
  const Eigen::Quaterniond q(motion[3].get<double>(), motion[0].get<double>(),
                             motion[1].get<double>(), motion[2].get<double>());
  const Eigen::Vector3d t(motion[4].get<double>(), motion[5].get<double>(),
                          motion[6].get<double>());
  const Eigen::Vector3d point(0.3, -0.2, 0.5);
  const Eigen::Vector3d moved = q * (point - sphere.center) + t + sphere.center;
  EXPECT_NEAR(
      (run.result.rig_from_world * moved - run.result.alternatives[0].rig_from_world * point)
          .norm(),
      0, 1e-9);
  // Covariance 1e-6: a ball of sqrt(6.2514) mm about the object's centre.
  for (const Json& axis : space["ellipsoid"]["axes"]) {
    EXPECT_NEAR(vector(axis).norm(), std::sqrt(6.2514e-6), 1e-8);
  }
  EXPECT_NEAR(
      (vector(space["ellipsoid"]["center"]) - (run.result.object_center_in_world - sphere.center))
          .norm(),
      0, 1e-12);
  const auto vertices = Numbers<uint16_t>(space["mesh"]["vertices"]);
  for (const uint16_t index : Numbers<uint16_t>(space["mesh"]["triangles"])) {
    ASSERT_LT(3u * index, vertices.size());
  }
  EXPECT_EQ(*std::max_element(vertices.begin(), vertices.end()), 65535);
}

TEST(HtmlReport, TextsOfTheUserStayTexts) {
  const std::string evil =
      "</script><script>alert(1)</script><!--x--><img src=x onerror=alert(2)>&lt;\xe2\x80\xa8'\"\\ "
      "\xff";
  MadeRun run = MakeRun();
  for (View& view : run.scene.views) view.name = evil + view.name;
  for (ViewResult& view : run.result.views) view.name = evil + view.name;
  run.result.checks[0].passed = false;
  run.result.checks[0].message = evil;
  run.result.termination = evil;
  run.result.ambiguity = evil;
  const std::string plain = Report(MakeRun());
  const std::string html = Report(run, evil, {evil});
  for (const char* tag : {"<script", "</script", "<img", "<!--", "-->"}) {
    EXPECT_EQ(Count(html, tag), Count(plain, tag)) << tag;
  }
  const std::string block = Block(html);
  EXPECT_EQ(block.find_first_of("<>&"), block.npos);
  for (const char c : block) ASSERT_TRUE(c >= ' ' && c < 127);
  const Json data = Json::parse(block);
  EXPECT_EQ(data["figures"]["warnings"][0].get<std::string>().rfind("</script><script>", 0), 0u);
  EXPECT_EQ(data["verdict"]["checks"][0]["message"].get<std::string>().substr(0, 20),
            evil.substr(0, 20));
}

TEST(HtmlReport, ManyViewsStayUnderTheLimitAndTheWorstAreShown) {
  MadeRun run = MakeRun(900);
  const View view = run.scene.views[0];
  const ViewResult quality = run.result.views[0];
  for (int i = 0; i < 198; ++i) {
    run.scene.views.push_back(view);
    run.result.views.push_back(quality);
    run.scene.views.back().name = run.result.views.back().name = "v" + std::to_string(i);
    if (i == 77) run.result.views.back().iou = 0.2;
  }
  const std::string html = Report(run);
  EXPECT_LT(html.size(), kMostReportBytes);
  const Json data = Json::parse(Block(html));
  EXPECT_EQ(data["views"].size(), 48u);
  EXPECT_EQ(data["num_views"], 200);
  std::set<std::string> names;
  for (const Json& shown : data["views"]) names.insert(shown["name"].get<std::string>());
  EXPECT_EQ(names.count("v77"), 1u);
  EXPECT_LE(data["iterations"].size(), 600u);
}

// Noise is what PNG cannot compress: a picture in a smaller size takes its place.
TEST(HtmlReport, NoisyMasksAndPhotographsStayUnderTheLimit) {
  MadeRun run = MakeRun();
  std::vector<RgbImage> photos;
  uint32_t state = 1;
  const auto next = [&] { return (state = state * 1664525u + 1013904223u) >> 24; };
  for (View& view : run.scene.views) {
    view.camera = view.camera.Scaled(2400, 1800);
    ImageF noisy(2400, 1800);
    for (float& value : noisy.pixels) value = next() < 128 ? 0 : next() / 255.0f;
    view.mask = noisy;
    photos.emplace_back(2000, 1500);
    for (Rgb& pixel : photos.back().pixels) {
      pixel = {static_cast<uint8_t>(next()), static_cast<uint8_t>(next()), 0};
    }
  }
  run.iterations.resize(1);
  const std::string html = Report(run, "noise", {}, photos);
  EXPECT_LT(html.size(), kMostReportBytes);
  const Json data = Json::parse(Block(html));
  EXPECT_EQ(data["views"][1]["photo"].get<std::string>().rfind("data:image/jpeg;base64,/9j/", 0),
            0u);
  EXPECT_GT(data["views"][0]["mask"].get<std::string>().size(), 50000u);
}

TEST(Advice, EveryCheckHasItsOwn) {
  const MadeRun run = MakeRun();
  std::set<std::string> texts;
  for (const Check& check : ChecksOf(run.result)) {
    const std::string advice = AdviceFor({check.name, false, ""}, AlignStatus::kNotConverged);
    EXPECT_EQ(advice.find("docs/verdict.md"), advice.npos) << check.name;
    EXPECT_TRUE(texts.insert(advice).second) << check.name;
  }
}

TEST(Advice, VerdictsInWords) {
  AlignResult result = MakeRun().result;
  result.checks = {{"overlap", true, ""}, {kAccuracyCheck, true, ""}};
  EXPECT_EQ(WordsOf(result).kind, "usable");
  result.checks[1].passed = false;
  EXPECT_EQ(WordsOf(result).kind, "inexact");
  result.checks[0].passed = false;
  EXPECT_EQ(WordsOf(result).kind, "not_trusted");
  result.ambiguous = true;
  EXPECT_EQ(WordsOf(result).kind, "ambiguous");
  result.accuracy = Accuracy{0.01, 0.5, 0.002};
  EXPECT_NE(WordsOf(result).accuracy.find("if this is the right pose"), std::string::npos);
}

}  // namespace
}  // namespace ceres_align::testing
