// Masks in each kind of PNG, and mask_threshold.
#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"
#include "png_testing.h"

namespace ceres_align::testing {
namespace {

namespace fs = std::filesystem;

/// An image of one row.
fs::path WriteRow(const fs::path& path, int width, const PngKind& kind,
                  const std::vector<png_byte>& bytes) {
  return WritePng(path, width, kind, {bytes});
}

void ExpectRow(const fs::path& path, const std::vector<float>& expected) {
  const ImageF mask = LoadMask(path).mask;
  ASSERT_EQ(mask.pixels.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(mask.pixels[i], expected[i]) << i;
}

// Packed into bytes from the left, highest bits first; full value 2^bits - 1.
TEST(MaskPng, GrayOfEveryDepth) {
  const TempFolder folder;
  ExpectRow(WriteRow(folder / "1.png", 5, {1}, {0b10110000}), {1, 0, 1, 1, 0});
  ExpectRow(WriteRow(folder / "2.png", 4, {2}, {0b00011011}), {0, 1 / 3.0f, 2 / 3.0f, 1});
  ExpectRow(WriteRow(folder / "4.png", 4, {4}, {0x05, 0xaf}), {0, 5 / 15.0f, 10 / 15.0f, 1});
  ExpectRow(WriteRow(folder / "8.png", 3, {8}, {0, 100, 255}), {0, 100 / 255.0f, 1});
  ExpectRow(WriteRow(folder / "16.png", 4, {16}, {0, 0, 0, 1, 0x80, 0, 0xff, 0xff}),
            {0, 1 / 65535.0f, 32768 / 65535.0f, 1});
}

TEST(MaskPng, ColourAndAlphaOf16Bits) {
  const TempFolder folder;
  ExpectRow(WriteRow(folder / "rgb.png", 2, {16, PNG_COLOR_TYPE_RGB},
                     {0, 0, 0, 7, 0, 3, 0xff, 0xff, 0, 0, 0, 0}),
            {7 / 65535.0f, 1});
  ExpectRow(WriteRow(folder / "ga.png", 3, {16, PNG_COLOR_TYPE_GRAY_ALPHA},
                     {0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0x40, 0}),
            {1, 0, 16384 / 65535.0f});
  ExpectRow(WriteRow(folder / "rgba.png", 2, {16, PNG_COLOR_TYPE_RGB_ALPHA},
                     {0xff, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}),
            {32768 / 65535.0f, 1});
}

// Without a label the palette's colours are the mask (a PASCAL VOC file: black is background).
TEST(MaskPng, PaletteIsApplied) {
  const TempFolder folder;
  const std::vector<png_color> palette = {{0, 0, 0}, {51, 0, 102}, {0, 255, 0}, {10, 20, 30}};
  const std::vector<float> expected = {0, 102 / 255.0f, 1, 30 / 255.0f};
  ExpectRow(WriteRow(folder / "8.png", 4, {8, PNG_COLOR_TYPE_PALETTE, palette}, {0, 1, 2, 3}),
            expected);
  ExpectRow(WriteRow(folder / "2.png", 4, {2, PNG_COLOR_TYPE_PALETTE, palette}, {0b00011011}),
            expected);
  // Its own alpha goes before the colours; entries without one are opaque.
  ExpectRow(
      WriteRow(folder / "a.png", 4, {8, PNG_COLOR_TYPE_PALETTE, palette, {0, 128}}, {0, 1, 2, 3}),
      {0, 128 / 255.0f, 1, 1});
}

fs::path WriteProbabilities(const TempFolder& folder) {
  return folder.Write("p.npy",
                      NpyBytes({{2, 3}, std::vector<float>{0, 0.3f, 0.5f, 0.7f, 0.1f, 1}}));
}

TEST(MaskThreshold, MakesProbabilitiesBinary) {
  const TempFolder folder;
  const fs::path path = WriteProbabilities(folder);
  const auto at = [&](std::optional<double> threshold) {
    return LoadMask(path, {}, threshold).mask.pixels;
  };
  EXPECT_EQ(at({}), (std::vector<float>{0, 0.3f, 0.5f, 0.7f, 0.1f, 1}));
  EXPECT_EQ(at(0.5), (std::vector<float>{0, 0, 1, 1, 0, 1}));
  EXPECT_EQ(at(0.7), (std::vector<float>{0, 0, 0, 1, 0, 1}));  // in float 0.7 is 0.7
  EXPECT_EQ(at(0.1), (std::vector<float>{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(at(1.0), (std::vector<float>{0, 0, 0, 0, 0, 1}));
  for (const double bad : {0.0, -0.1, 1.01, 128.0, std::nan("")}) {
    EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(path, {}, bad); }),
                 "it must be above 0 and at most 1");
  }
}

TEST(MaskThreshold, TwoValuesJpegsAndEmptyMasks) {
  const TempFolder folder;
  // 0 and 1 of 255 are binary whatever the threshold, as without one.
  ExpectRow(WriteRow(folder / "a.png", 3, {8}, {0, 1, 1}), {0, 1, 1});
  EXPECT_EQ(LoadMask(folder / "a.png", {}, 0.9).area_px, 2);
  WriteRow(folder / "b.png", 3, {8}, {0, 60, 90});
  const LoadedMask emptied = LoadMask(folder / "b.png", {}, 0.5);
  EXPECT_TRUE(emptied.IsEmpty());
  ASSERT_EQ(emptied.warnings.size(), 1u);
  EXPECT_PRED2(Contains, emptied.warnings[0], "b.png: the mask is empty: its largest value, 0.35");
  ASSERT_TRUE(cv::imwrite((folder / "j.jpg").string(), cv::Mat(16, 16, CV_8U, cv::Scalar(100))));
  EXPECT_EQ(LoadMask(folder / "j.jpg").area_px, 0);
  EXPECT_EQ(LoadMask(folder / "j.jpg", {}, 0.3).area_px, 256);
  for (const std::string& warning : LoadMask(folder / "j.jpg", {}, 0.3).warnings) {
    EXPECT_FALSE(Contains(warning, "thresholded")) << warning;
  }
}

TEST(MaskThreshold, IsAKeyOfScenes) {
  const TempFolder folder;
  folder.Write("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
  std::vector<float> values(64, 0.4f);
  for (size_t i = 0; i < 32; ++i) values[i] = i < 16 ? 0.9f : 0.6f;
  folder.Write("p.npy", NpyBytes({{8, 8}, values}));
  SceneDescription scene;
  scene.mesh = "a.obj";
  ViewDescription view;
  view.mask = "p.npy";
  view.width_px = view.height_px = 8;
  view.K << 10, 0, 4, 0, 10, 4, 0, 0, 1;
  scene.views = {view};
  for (const auto& [threshold, area_px] :
       {std::pair<std::optional<double>, double>({}, 16 * 0.9 + 16 * 0.6 + 32 * 0.4),
        {0.5, 32},
        {0.7, 16}}) {
    scene.mask_threshold = threshold;
    SaveScene(folder / "s.json", scene);
    const LoadedScene loaded = LoadScene(folder / "s.json");
    EXPECT_EQ(loaded.description.mask_threshold, threshold);
    double sum_px = 0;
    for (const float v : loaded.scene.views[0].mask.pixels) sum_px += v;
    EXPECT_NEAR(sum_px, area_px, 1e-4);
  }
  scene.mask_threshold = 50;
  EXPECT_PRED2(Contains, ErrorOf([&] { CheckSceneDescription(&scene, "s.json"); }),
               "s.json: mask_threshold is 50; it must be above 0 and at most 1");
}

}  // namespace
}  // namespace ceres_align::testing
