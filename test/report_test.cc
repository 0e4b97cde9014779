// The report against hand-made results and a rasterizer that is the independent renderer.
#include <gif_lib.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ceres_align/report/gif.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/pictures.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/report/text_report.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using Json = nlohmann::json;

/// Coverage by 4x4 point samples; evaluates nothing.
class SamplingRasterizer : public Rasterizer {
 public:
  std::string name() const override { return "sampling"; }
  MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) override {
    TriangleMesh copy;
    for (const Vec3& v : mesh->vertices) {
      copy.vertices.emplace_back(v.x + mesh->center.x, v.y + mesh->center.y, v.z + mesh->center.z);
    }
    for (const auto& face : mesh->faces) copy.faces.push_back({face.v[0], face.v[1], face.v[2]});
    meshes_[next_] = copy;
    return next_++;
  }
  TargetId AddTarget(std::shared_ptr<const Target>) override { return 0; }
  void ReleaseMesh(MeshId id) override { meshes_.erase(id); }
  void ReleaseTarget(TargetId) override {}
  void Evaluate(const std::vector<RasterJob>&, std::vector<GramResult>*) override { FAIL(); }
  void ForEach(size_t n, const std::function<void(size_t)>& body) override {
    for (size_t i = 0; i < n; ++i) body(i);
  }
  Image<double> Coverage(const RasterJob& job, std::vector<double>*) override {
    const ImageF mask = RenderMask(meshes_.at(job.mesh), job.cam_from_object, job.camera, 4);
    Image<double> out(mask.width, mask.height);
    std::copy(mask.pixels.begin(), mask.pixels.end(), out.pixels.begin());
    return out;
  }
  size_t held() const { return meshes_.size(); }

 private:
  std::map<MeshId, TriangleMesh> meshes_;
  MeshId next_ = 7;
};

Rigid3d Pose(double angle_rad) {
  return Rigid3d(ExpRotation(angle_rad * Eigen::Vector3d(0.3, 1, 0.2).normalized()),
                 Eigen::Vector3d(0.1, -0.05, 6));
}

struct MadeRun {
  Scene scene;
  AlignResult result;
  std::vector<AlignIteration> iterations;
};

MadeRun MakeRun(int steps = 6) {
  MadeRun run;
  run.scene.meshes = {std::make_shared<const TriangleMesh>(MakeMultiPart(2000))};
  run.scene.initial_rig_from_world = Pose(0.5);
  run.scene.true_rig_from_world = Pose(0);
  run.result.rig_from_world = Pose(0.01);
  for (int i = 0; i < 2; ++i) {
    View view;
    view.name = i == 0 ? "left" : "right";
    view.camera =
        i == 0 ? Camera{153, 128, 180, 180, 76.5, 64} : Camera{128, 153, 180, 180, 64, 76.5};
    if (i == 1) view.cam_from_rig = Rigid3d(ExpRotation({0, 0.2, 0}), Eigen::Vector3d(-1, 0, 0));
    view.mask = RenderMask(*run.scene.meshes[0], view.cam_from_rig * Pose(0), view.camera);
    ViewResult quality;
    quality.name = view.name;
    quality.cam_from_world = view.cam_from_rig * run.result.rig_from_world;
    quality.camera_center_in_world = quality.cam_from_world.TargetOriginInSource();
    quality.iou = 0.9876;
    quality.contour_rms_px = i == 0 ? 0.25 : std::numeric_limits<double>::quiet_NaN();
    quality.object_in_frame = true;
    run.result.views.push_back(quality);
    run.scene.views.push_back(view);
  }
  run.result.status = AlignStatus::kConverged;
  run.result.termination = "the last step moved the outline by 2e-4 px";
  run.result.backend = "cpu";
  run.result.initial_cost = 1234.5;
  run.result.final_cost = 0.1;
  run.result.iterations = steps;
  run.result.evaluations = steps + 1;
  run.result.solve_seconds = 0.015;
  run.result.covariance = Eigen::Matrix<double, 6, 6>::Identity() * 1e-6;
  for (int i = 0; i < steps; ++i) {
    const double left = 1 - i / std::max(1.0, steps - 1.0);
    run.iterations.push_back({i / 3, (steps + 2) / 3, 20 << (i / 3), 17 << (i / 3), i % 3,
                              1000 * left, left, true, Pose(0.01 + 0.49 * left)});
  }
  return run;
}

TEST(ResultJson, HasTheDocumentedKeys) {
  const MadeRun run = MakeRun();
  const Json json = Json::parse(ResultJson(run.scene, run.result, AlignOptions(), {0.5, 0.25}));
  const std::set<std::string> expected = {
      "status", "usable",  "termination", "backend",     "rig_from_world", "views",
      "sigma",  "options", "covariance",  "ambiguous",   "alternatives",   "cost",
      "errors", "seconds", "iterations",  "evaluations", "searched",       "restarted"};
  std::set<std::string> keys;
  for (const auto& item : json.items()) keys.insert(item.key());
  EXPECT_EQ(keys, expected);
  EXPECT_EQ(json["status"], "converged");
  EXPECT_TRUE(json["usable"].get<bool>());
  EXPECT_EQ(json["searched"], false);
  EXPECT_EQ(json["restarted"], false);
  EXPECT_TRUE(json["ambiguous"].is_null());
  EXPECT_EQ(json["alternatives"], Json::array());
  EXPECT_EQ(json["seconds"]["load"], 0.5);
  EXPECT_EQ(json["seconds"]["write"], 0.25);
  EXPECT_EQ(json["covariance"].size(), 6u);
  EXPECT_EQ(json["covariance"][5].size(), 6u);
  EXPECT_NEAR(json["sigma"]["rotation_deg"][0].get<double>(), 1e-3 * 180 / M_PI, 1e-15);
  EXPECT_NEAR(json["errors"]["rotation_deg"].get<double>(), 0.01 * 180 / M_PI, 1e-9);
  EXPECT_EQ(json["options"]["coarsest_width_px"], AlignOptions().coarsest_width_px);
}

/// As a search leaves it: no start, two other poses, one step of progress.
MadeRun MakeSearchedRun(double best_ratio) {
  MadeRun run = MakeRun(1);
  run.scene.initial_rig_from_world.reset();
  run.result.searched = true;
  run.result.alternatives = {{Pose(0.01 + M_PI / 2), best_ratio},
                             {Pose(-1), std::numeric_limits<double>::infinity()}};
  run.result.ambiguous = best_ratio <= kAmbiguousRatio;
  return run;
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

TEST(Overlay, ThreeColoursAndTheEmptyOne) {
  ImageF target(2, 2), coverage(2, 2);
  target.at(0, 0) = target.at(1, 0) = 1;
  coverage.at(0, 0) = coverage.at(0, 1) = 1;
  const RgbImage image = DrawOverlay(target, coverage, false);
  EXPECT_EQ(image.at(0, 0), kAgreeColor);
  EXPECT_EQ(image.at(1, 0), kTargetColor);
  EXPECT_EQ(image.at(0, 1), kRenderColor);
  EXPECT_EQ(image.at(1, 1), kEmptyColor);
}

TEST(Pictures, FitPanelGrowsByWholeFactorsAndShrinksToFit) {
  const PanelSize grown = FitPanel({64, 48, 1, 1, 0, 0}, 640);
  EXPECT_EQ(grown.width_px, 640);
  EXPECT_EQ(grown.height_px, 480);
  EXPECT_EQ(FitPanel({300, 200, 1, 1, 0, 0}, 640).width_px, 600);
  EXPECT_EQ(FitPanel({4096, 3072, 1, 1, 0, 0}, 640).height_px, 480);
}

TEST(Pictures, OverlayHasTheMasksSizeAndComparisonOneRowPerView) {
  const MadeRun run = MakeRun();
  SamplingRasterizer rasterizer;
  {
    const SceneRenderer renderer(run.scene, &rasterizer);
    EXPECT_EQ(rasterizer.held(), 1u);
    const RgbImage overlay = OverlayPicture(renderer, 1, run.result);
    EXPECT_EQ(overlay.width, 128);
    EXPECT_EQ(overlay.height, 153);
    const RgbImage comparison = ComparisonPicture(renderer, run.result);
    EXPECT_GE(comparison.width, 3 * 2 * 153);
    EXPECT_GE(comparison.height, 2 * (128 + 153));
  }
  EXPECT_EQ(rasterizer.held(), 0u);
}

// Left of the target: the start; without one the best other pose, if it fits nearly as well.
TEST(Pictures, TheFirstColumnIsTheStartOrAnotherPoseOrNothing) {
  SamplingRasterizer rasterizer;
  const auto first_panel = [&](const MadeRun& run) {
    const SceneRenderer renderer(run.scene, &rasterizer);
    const RgbImage picture = ComparisonPicture(renderer, run.result);
    const PanelSize size = FitPanel(run.scene.views[0].camera, 420);
    RgbImage panel(size.width_px, size.height_px);
    for (int row = 0; row < panel.height; ++row) {
      std::copy_n(picture.row(34 + row) + 10, panel.width, panel.row(row));
    }
    return panel;
  };
  const auto overlay = [&](const MadeRun& run, const Rigid3d& pose) {
    return SceneRenderer(run.scene, &rasterizer)
        .Overlay(0, pose, FitPanel(run.scene.views[0].camera, 420));
  };
  MadeRun run = MakeRun();
  EXPECT_EQ(first_panel(run).pixels, overlay(run, *run.scene.initial_rig_from_world).pixels);
  run = MakeSearchedRun(2.9);
  EXPECT_EQ(first_panel(run).pixels,
            overlay(run, run.result.alternatives[0].rig_from_world).pixels);
  const RgbImage empty = first_panel(MakeSearchedRun(3.1));
  EXPECT_EQ(empty.pixels, RgbImage(empty.width, empty.height, kEmptyColor).pixels);
  run.result.alternatives.clear();
  EXPECT_EQ(first_panel(run).pixels, empty.pixels);
}

TEST(Pictures, ThinnedFramesKeepFirstAndLast) {
  EXPECT_TRUE(ThinnedFrames(0, 5).empty());
  EXPECT_EQ(ThinnedFrames(1, 5), (std::vector<int>{0}));
  EXPECT_EQ(ThinnedFrames(4, 5), (std::vector<int>{0, 1, 2, 3}));
  const std::vector<int> kept = ThinnedFrames(1000, 120);
  ASSERT_EQ(kept.size(), 120u);
  EXPECT_EQ(kept.front(), 0);
  EXPECT_EQ(kept.back(), 999);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
}

struct Source {
  std::string bytes;
  size_t at = 0;
};

int ReadBytes(GifFileType* gif, GifByteType* out, int count) {
  Source* source = static_cast<Source*>(gif->UserData);
  const size_t size = std::min<size_t>(count, source->bytes.size() - source->at);
  std::copy_n(source->bytes.begin() + source->at, size, out);
  source->at += size;
  return static_cast<int>(size);
}

struct DecodedGif {
  int width = 0, height = 0;
  std::vector<int> delays_cs;
  RgbImage last;  // the screen after the last frame
};

DecodedGif DecodeGif(const std::string& bytes) {
  Source source = {bytes};
  int error = 0;
  GifFileType* gif = DGifOpen(&source, &ReadBytes, &error);
  DecodedGif decoded;
  if (gif == nullptr || DGifSlurp(gif) != GIF_OK) {
    ADD_FAILURE() << "giflib cannot read it";
    return decoded;
  }
  decoded.width = gif->SWidth;
  decoded.height = gif->SHeight;
  decoded.last = RgbImage(gif->SWidth, gif->SHeight);
  for (int i = 0; i < gif->ImageCount; ++i) {
    GraphicsControlBlock control;
    EXPECT_EQ(DGifSavedExtensionToGCB(gif, i, &control), GIF_OK);
    decoded.delays_cs.push_back(control.DelayTime);
    const GifImageDesc& box = gif->SavedImages[i].ImageDesc;
    for (int k = 0; k < box.Width * box.Height; ++k) {
      const int index = gif->SavedImages[i].RasterBits[k];
      if (index == control.TransparentColor) continue;
      const GifColorType& color = gif->SColorMap->Colors[index];
      decoded.last.at(box.Left + k % box.Width, box.Top + k / box.Width) = {color.Red, color.Green,
                                                                            color.Blue};
    }
  }
  DGifCloseFile(gif, &error);
  return decoded;
}

TEST(Gif, FramesDelaysAndPixelsReadBack) {
  const Rgb red = {200, 10, 10}, black = {0, 0, 0};
  GifEncoder encoder(9, 5, {black, red});
  RgbImage frame(9, 5, black);
  encoder.AddFrame(frame, 10);
  frame.at(3, 2) = {190, 20, 20};  // nearest to red
  encoder.AddFrame(frame, 20);
  encoder.AddFrame(frame, 30);  // nothing changed
  frame.at(3, 2) = black;
  frame.at(8, 4) = red;
  encoder.AddFrame(frame, 40);
  const DecodedGif decoded = DecodeGif(encoder.Finish());
  EXPECT_EQ(decoded.delays_cs, (std::vector<int>{10, 20, 30, 40}));
  ASSERT_EQ(decoded.width, 9);
  EXPECT_EQ(decoded.last.pixels, frame.pixels);
}

TEST(Gif, AnimationHasAFramePerAcceptedStepAndHoldsTheResult) {
  MadeRun run = MakeRun(7);
  run.iterations[4].accepted = false;
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, &rasterizer);
  const DecodedGif decoded = DecodeGif(AnimationGif(renderer, run.iterations, run.result));
  ASSERT_EQ(decoded.delays_cs.size(), 1u + 6u + 1u);  // start, accepted steps, result
  EXPECT_EQ(decoded.delays_cs.back(), 200);
  const DecodedGif thinned = DecodeGif(AnimationGif(renderer, run.iterations, run.result, 4));
  EXPECT_EQ(thinned.delays_cs.size(), 4u);
  run.scene.initial_rig_from_world.reset();
  const DecodedGif searched = DecodeGif(AnimationGif(renderer, run.iterations, run.result));
  EXPECT_EQ(searched.delays_cs.size(), 1u + 6u + 1u);  // what was found, steps, result
  EXPECT_EQ(DecodeGif(AnimationGif(renderer, {}, run.result)).delays_cs.size(), 1u);
  run.scene.initial_rig_from_world = Pose(0.5);
  const DecodedGif unsolved = DecodeGif(AnimationGif(renderer, {}, run.result));
  EXPECT_EQ(unsolved.delays_cs.size(), 2u);
}

/// For looking at: CERES_ALIGN_KEEP_PICTURES=dir keeps what the tests draw.
TEST(Pictures, AreKeptWhenAskedFor) {
  const char* directory = std::getenv("CERES_ALIGN_KEEP_PICTURES");
  if (directory == nullptr) GTEST_SKIP() << "CERES_ALIGN_KEEP_PICTURES is not set";
  const MadeRun run = MakeRun(12);
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, &rasterizer);
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(std::filesystem::path(directory) / name, std::ios::binary) << bytes;
  };
  write("overlay.png", EncodePng(OverlayPicture(renderer, 0, run.result)));
  write("comparison.png", EncodePng(ComparisonPicture(renderer, run.result)));
  const std::string gif = AnimationGif(renderer, run.iterations, run.result);
  write("report.txt", TextReport(run.scene, run.result, {}));
  write("optimization.gif", gif);
  write("optimization_last.png", EncodePng(DecodeGif(gif).last));
}

}  // namespace
}  // namespace ceres_align
