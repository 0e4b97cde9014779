// The comparison of start, target, final and other poses, of hand-made results: which panels there
// are, what is in them, and that the text keeps to its place.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ceres_align/report/comparison.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/text_lines.h"
#include "report_testing.h"

namespace ceres_align::testing {
namespace {

/// A start, `fitting` poses that fit after `worse` that do not (as twins do), IoU in each view.
MadeRun RunWithOthers(int worse, int fitting) {
  MadeRun run = MakeRun();
  for (int i = 0; i < worse + fitting; ++i) {
    Alternative other;
    other.rig_from_world = Pose(0.4 + 0.3 * i);
    other.cost_ratio = 1.2 + i;
    other.view_iou = {0.91 - 0.01 * i, 0.81 - 0.01 * i};
    other.fits = i >= worse;
    other.kind = other.fits ? ModeKind::kMirrorTwin : ModeKind::kOther;
    other.relation = "turned " + std::to_string(10 * i) + "° about the object's z axis";
    run.result.alternatives.push_back(other);
  }
  run.result.searched = true;
  run.result.ambiguous = fitting > 0;
  if (fitting > 0) run.result.ambiguity = "mirror twin: near and far exchanged";
  run.result.checks = ChecksOf(run.result);
  return run;
}

bool HasText(const ComparisonLayout& layout, const std::string& part) {
  return std::any_of(layout.texts.begin(), layout.texts.end(), [&](const ComparisonText& text) {
    return text.text.find(part) != std::string::npos;
  });
}

RgbImage Cut(const RgbImage& picture, const ComparisonPanel& panel) {
  RgbImage part(panel.window.size.width_px, panel.window.size.height_px);
  for (int row = 0; row < part.height; ++row) {
    std::copy_n(picture.row(panel.y + row) + panel.x, part.width, part.row(row));
  }
  return part;
}

struct Box {
  int left, top, right, bottom;
};
bool Meet(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/// Every panel and every text lies inside the picture, above the key, and meets no other.
void ExpectNothingOverlaps(const ComparisonLayout& layout) {
  std::vector<Box> boxes;
  for (const ComparisonPanel& p : layout.panels) {
    boxes.push_back({p.x, p.y, p.x + p.window.size.width_px, p.y + p.window.size.height_px});
  }
  for (const ComparisonText& t : layout.texts) {
    const TextSize size = MeasureText(t.text, t.scale);
    boxes.push_back({t.x, t.baseline_y - size.height_px, t.x + size.width_px, t.baseline_y + 2});
  }
  for (size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_GE(boxes[i].left, 0);
    EXPECT_GE(boxes[i].top, 0);
    EXPECT_LE(boxes[i].right, layout.width_px);
    EXPECT_LE(boxes[i].bottom, layout.height_px - kLine_px);
    for (size_t k = 0; k < i; ++k) EXPECT_FALSE(Meet(boxes[i], boxes[k])) << i << " and " << k;
  }
}

TEST(Comparison, AColumnForEachOtherPoseUpToFour) {
  EXPECT_EQ(LayOutComparison(RunWithOthers(0, 0).scene, RunWithOthers(0, 0).result).columns, 3);
  int width = 0;
  for (const int fitting : {0, 1, 2, 3, 4, 6}) {
    const MadeRun run = RunWithOthers(0, fitting);
    const ComparisonLayout layout = LayOutComparison(run.scene, run.result);
    EXPECT_EQ(layout.columns, 3 + std::min(fitting, 4));
    ASSERT_EQ(layout.panels.size(), 2u * layout.columns);
    EXPECT_EQ(HasText(layout, "2 more other poses are listed in result.json"), fitting == 6);
    EXPECT_EQ(HasText(layout, "other pose " + std::to_string(fitting) + ": fits"),
              0 < fitting && fitting <= 4);
    EXPECT_LE(layout.width_px, kComparisonWidth_px);
    if (fitting <= 2) {
      EXPECT_GT(layout.width_px, width);
    }
    width = layout.width_px;
    ExpectNothingOverlaps(layout);
  }
}

TEST(Comparison, ThoseThatFitComeFirstAndFewOfTheOthers) {
  const MadeRun run = RunWithOthers(3, 2);
  EXPECT_EQ(OthersShown(run.result), (std::vector<size_t>{3, 4, 0, 1}));
  EXPECT_EQ(OthersShown(RunWithOthers(5, 0).result), (std::vector<size_t>{0, 1}));
  const ComparisonLayout layout = LayOutComparison(run.scene, run.result);
  EXPECT_TRUE(HasText(layout, "1 more other pose is listed"));
  EXPECT_TRUE(HasText(layout, "cost x4.2, "));
  EXPECT_TRUE(HasText(layout, "mirror twin"));
  EXPECT_TRUE(HasText(layout, "IoU 0.8800"));
  EXPECT_TRUE(HasText(layout, "IoU 0.7800"));
  EXPECT_TRUE(HasText(layout, "turned 30 deg about the object's z axis"));
}

TEST(Comparison, EveryPanelShowsItsPose) {
  const MadeRun run = RunWithOthers(1, 1);
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const RgbImage picture = ComparisonPicture(renderer, run.result);
  std::vector<PixelBox> parts;
  for (int view = 0; view < 2; ++view) {
    std::vector<Rigid3d> shown;
    for (const auto& pose : ComparedPoses(run.scene, run.result)) {
      if (pose) shown.push_back(*pose);
    }
    parts.push_back(renderer.ObjectIn(view, shown));
  }
  const ComparisonLayout layout = LayOutComparison(run.scene, run.result, parts);
  ASSERT_EQ(picture.width, layout.width_px);
  ASSERT_EQ(picture.height, layout.height_px);
  ASSERT_EQ(layout.panels.size(), 10u);
  const Rigid3d poses[5] = {*run.scene.initial_rig_from_world, Rigid3d(), run.result.rig_from_world,
                            run.result.alternatives[1].rig_from_world,
                            run.result.alternatives[0].rig_from_world};
  for (int i = 0; i < 10; ++i) {
    if (i % 5 == 1) continue;
    const ComparisonPanel& panel = layout.panels[i];
    EXPECT_EQ(panel.view, i / 5);
    const ViewWindow& window = panel.window;
    const ImageF coverage = renderer.Coverage(panel.view, poses[i % 5], window);
    const ImageF light = renderer.Light(panel.view, poses[i % 5], window, coverage);
    const ImageF mask = Through(run.scene.views[panel.view].mask, window);
    EXPECT_EQ(Cut(picture, panel).pixels, DrawOverlay(mask, coverage, true, light).pixels);
  }
  // Cut to the object: mask and mesh at all poses have room, and little more than that.
  for (int view = 0; view < 2; ++view) {
    const PixelBox part = layout.panels[5 * view].window.part;
    const PixelBox own = renderer.ObjectIn(view, {poses[0], poses[2], poses[3], poses[4]});
    EXPECT_EQ(part.x, own.x);
    EXPECT_EQ(part.width_px, own.width_px);
    EXPECT_LT(part.width_px * part.height_px, 0.8 * 128 * 153);
  }
  // Of the target only the mask.
  const RgbImage target = Cut(picture, layout.panels[1]);
  const auto has = [&](Rgb color) {
    return std::find(target.pixels.begin(), target.pixels.end(), color) != target.pixels.end();
  };
  EXPECT_TRUE(has(kTargetColor));
  EXPECT_TRUE(has(kEmptyColor));
  EXPECT_FALSE(has(kAgreeColor));
}

TEST(Comparison, WithoutAStartThereIsNoColumnForIt) {
  MadeRun run = MakeSearchedRun(3.1);
  ComparisonLayout layout = LayOutComparison(run.scene, run.result);
  EXPECT_EQ(layout.columns, 4);  // target, final and two that do not fit
  EXPECT_FALSE(HasText(layout, "start"));
  EXPECT_FALSE(layout.panels[0].rig_from_world.has_value());
  run.result.alternatives.clear();
  layout = LayOutComparison(run.scene, run.result);
  EXPECT_EQ(layout.columns, 2);
  EXPECT_TRUE(HasText(layout, "Other poses: none"));
  ExpectNothingOverlaps(layout);
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  EXPECT_GE(ComparisonPicture(renderer, run.result).height, 2 * (128 + 153));
}

TEST(Comparison, SaysWhetherTheResultIsUsableAndWhy) {
  const auto layout = [](const MadeRun& run) { return LayOutComparison(run.scene, run.result); };
  MadeRun run = MakeRun();
  run.result.checks = {{"overlap", true, ""}, {"contour", true, ""}};
  EXPECT_TRUE(HasText(layout(run), "Usable: all 2 checks passed"));
  run.result.checks[1].passed = false;
  run.result.checks.push_back({"views", false, ""});
  EXPECT_TRUE(HasText(layout(run), "Not usable; failed checks: contour, views"));
  EXPECT_FALSE(HasText(layout(run), "Ambiguous"));
  run.result.checks.clear();
  EXPECT_TRUE(HasText(layout(run), "Not usable; nothing was checked"));
  run = RunWithOthers(0, 1);
  EXPECT_TRUE(HasText(layout(run), "ambiguity"));
  EXPECT_TRUE(HasText(layout(run), "Ambiguous: mirror twin: near and far exchanged"));
}

TEST(Comparison, SixteenViewsWithAllColumnsStayOfSensibleSize) {
  MadeRun run = RunWithOthers(2, 4);
  const View view = run.scene.views[0];
  const ViewResult quality = run.result.views[0];
  run.scene.views.assign(16, view);
  run.result.views.assign(16, quality);
  for (int i = 0; i < 16; ++i) {
    run.scene.views[i].name = "a very long name of a camera that will not fit " + std::to_string(i);
  }
  for (Alternative& other : run.result.alternatives) other.view_iou.assign(16, 0.5);
  const ComparisonLayout layout = LayOutComparison(run.scene, run.result);
  EXPECT_EQ(layout.panels.size(), 16u * 7u);
  EXPECT_LE(layout.width_px, kComparisonWidth_px);
  EXPECT_LE(layout.height_px, kComparisonHeight_px + 400);
  EXPECT_GE(layout.panels[0].window.size.width_px, kLeastPanel_px);
  EXPECT_TRUE(HasText(layout, ".."));
  ExpectNothingOverlaps(layout);
}

TEST(Comparison, ManyViewsStandInAGridOfBlocks) {
  for (const int count : {3, 6, 12, 24, 200}) {
    MadeRun run = MakeRun();
    const View view = run.scene.views[0];
    run.scene.views.assign(count, view);
    run.result.views.assign(count, run.result.views[0]);
    for (View& v : run.scene.views) v.camera = Camera{4096, 3072, 4000, 4000, 2048, 1536};
    for (int i = 0; i < count; ++i) run.result.views[i].iou = i % 2 == 0 ? 0.99 : 0.98 + 1e-5 * i;
    const ComparisonLayout layout = LayOutComparison(run.scene, run.result);
    const int shown = std::min(count, static_cast<int>(kMostComparedViews));
    ASSERT_EQ(layout.panels.size(), 3u * shown);
    EXPECT_LE(layout.width_px, kComparisonWidth_px) << count;
    EXPECT_LE(layout.height_px, kComparisonHeight_px) << count;
    EXPECT_EQ(layout.blocks > 1, count >= 12) << count;
    if (count >= 12) {
      EXPECT_LT(layout.height_px, 1.6 * layout.width_px) << count;
      EXPECT_LT(layout.width_px, 2 * layout.height_px) << count;
      EXPECT_GE(layout.panels[0].window.size.width_px, 180) << count;
    }
    EXPECT_EQ(HasText(layout, "24 of 200 views: those that fit worst"), count == 200);
    if (count == 200) {
      EXPECT_EQ(layout.panels.back().view, 47);  // the 24 of odd numbers from 1 on
    }
    ExpectNothingOverlaps(layout);
  }
}

TEST(Comparison, NarrowAndLargeImagesAndLongReasonsKeepTheirPlaces) {
  for (const Camera& camera : {Camera{20, 400, 180, 180, 10, 200}, Camera{4000, 50, 9, 9, 9, 9},
                               Camera{4096, 3072, 9, 9, 9, 9}, Camera{3, 2, 9, 9, 1, 1}}) {
    MadeRun run = RunWithOthers(0, 3);
    for (View& view : run.scene.views) view.camera = camera;
    run.result.ambiguity = "because" + std::string(900, 'x') + " of this";
    for (int i = 0; i < 60; ++i) run.result.ambiguity += " and that";
    const ComparisonLayout layout = LayOutComparison(run.scene, run.result);
    EXPECT_GE(layout.width_px, 640);
    EXPECT_LE(layout.width_px, kComparisonWidth_px);
    EXPECT_TRUE(HasText(layout, ".."));
    ExpectNothingOverlaps(layout);
  }
}

TEST(TextLines, WrapKeepsEveryWordAndTheWidth) {
  const std::string text = "a pose turned 60 deg about the object's z axis fits as well";
  std::string joined;
  const std::vector<FittedText> lines = WrapText(text, 1, 120);
  EXPECT_GT(lines.size(), 3u);
  for (const FittedText& line : lines) {
    EXPECT_LE(MeasureText(line.text, line.scale).width_px, 120);
    joined += (joined.empty() ? "" : " ") + line.text;
  }
  EXPECT_EQ(joined, text);
  EXPECT_EQ(WrapText("", 1, 120).size(), 1u);
  const std::vector<FittedText> cut = WrapText(std::string(200, 'w'), 1, 120);
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].text.substr(cut[0].text.size() - 2), "..");
}

TEST(TextLines, AsciiFormsOfWhatReportsContain) {
  EXPECT_EQ(AsciiText("turned 60° by −1 × 2"), "turned 60 deg by -1 x 2");
  EXPECT_EQ(AsciiText("左camera\n"), "?camera?");
  EXPECT_EQ(AsciiText("\xff\x80z"), "?z");
}

/// For looking at: CERES_ALIGN_KEEP_PICTURES=dir keeps what the tests draw.
TEST(Comparison, IsKeptWhenAskedFor) {
  const char* directory = std::getenv("CERES_ALIGN_KEEP_PICTURES");
  if (directory == nullptr) GTEST_SKIP() << "CERES_ALIGN_KEEP_PICTURES is not set";
  SamplingRasterizer rasterizer;
  const auto write = [&](const std::string& name, const MadeRun& run) {
    const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
    std::ofstream(std::filesystem::path(directory) / name, std::ios::binary)
        << EncodePng(ComparisonPicture(renderer, run.result));
  };
  write("comparison.png", RunWithOthers(0, 0));
  write("comparison_others.png", RunWithOthers(3, 3));
  MadeRun run = RunWithOthers(2, 4);
  run.scene.views.assign(16, run.scene.views[0]);
  run.result.views.assign(16, run.result.views[0]);
  for (Alternative& other : run.result.alternatives) other.view_iou.assign(16, 0.5);
  write("comparison_16.png", run);
}

}  // namespace
}  // namespace ceres_align::testing
