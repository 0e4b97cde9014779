// Masks by label: "frame.png:3".
#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_labels.h"
#include "io_testing.h"
#include "png_testing.h"

namespace ceres_align::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 8;

/// Pixel i's label.
uint8_t Label(int i) { return static_cast<uint8_t>(i < 20 ? 0 : i < 40 ? 3 : i < 50 ? 7 : 255); }

/// A PNG with palette `bits` wide; label 255 becomes the last index.
fs::path WritePalettePng(const fs::path& path, int bits, bool gray = false) {
  PngKind kind;
  kind.bits = bits;
  kind.one_byte_a_pixel = true;
  if (!gray) {
    kind.colour_type = PNG_COLOR_TYPE_PALETTE;
    // Two indices share a colour: only the index tells them apart.
    kind.palette.assign(size_t{1} << bits, png_color{200, 10, 20});
    kind.palette[0] = {90, 90, 90};
  }
  const auto last = static_cast<uint8_t>((1 << bits) - 1);
  std::vector<std::vector<png_byte>> rows(kSide, std::vector<png_byte>(kSide));
  for (int i = 0; i < kSide * kSide; ++i) rows[i / kSide][i % kSide] = std::min(Label(i), last);
  return WritePng(path, kSide, kind, rows);
}

fs::path WriteLabels(const fs::path& path, int depth = CV_8U, int factor = 1) {
  cv::Mat image(kSide, kSide, CV_8U);
  for (int i = 0; i < kSide * kSide; ++i) image.data[i] = Label(i);
  image.convertTo(image, depth, factor);
  EXPECT_TRUE(cv::imwrite(path.string(), image));
  return path;
}

/// Exactly the pixels of these labels.
void ExpectLabels(const ImageF& mask, const std::vector<int>& labels) {
  ASSERT_EQ(mask.pixels.size(), size_t{kSide * kSide});
  for (int i = 0; i < kSide * kSide; ++i) {
    const bool is = std::count(labels.begin(), labels.end(), Label(i)) > 0;
    EXPECT_EQ(mask.pixels[static_cast<size_t>(i)], is ? 1 : 0) << i;
  }
}

std::string Of(const fs::path& path, const std::string& label) {
  return path.string() + ":" + label;
}

TEST(MaskLabels, Syntax) {
  EXPECT_EQ(ParseMaskLabels("3")->values, std::vector<uint32_t>{3});
  EXPECT_EQ(ParseMaskLabels("2+65535")->values, (std::vector<uint32_t>{2, 65535}));
  EXPECT_FALSE(ParseMaskLabels("2")->are_colours);
  EXPECT_TRUE(ParseMaskLabels("#Ff8000+#0000ff")->are_colours);
  EXPECT_EQ(ParseMaskLabels("#Ff8000+#0000ff")->values, (std::vector<uint32_t>{0xff8000, 0xff}));
  EXPECT_EQ(LabelText(0xff8000, true), "#ff8000");
  for (const char* text : {"", "+", "3+", "+3", "3,4", "-1", "65536", "3a", "#ff800", "#ff80000",
                           "#gg0000", "3+#ff8000", "#ff8000+3", "99999999999", " 3"}) {
    EXPECT_FALSE(ParseMaskLabels(text)) << text;
  }
}

TEST(MaskLabels, PixelsOfExactlyThatValue) {
  const TempFolder folder;
  for (const char* name : {"a.png", "a.pgm", "a.tif"}) {
    const fs::path path = WriteLabels(folder.path() / name);
    for (int label : {0, 3, 7, 255}) {
      const LoadedMask loaded = LoadMask(Of(path, std::to_string(label)), ImageSize{kSide, kSide});
      ExpectLabels(loaded.mask, {label});
      EXPECT_TRUE(loaded.warnings.empty() || loaded.area_px < kMinForeground_px) << name;
      ExpectLabels(LoadIgnore(Of(path, std::to_string(label))), {label});
    }
    ExpectLabels(LoadMask(Of(path, "3+255")).mask, {3, 255});
    EXPECT_EQ(ReadImageSize(Of(path, "3")).width_px, kSide);
  }
}

TEST(MaskLabels, SixteenBits) {
  const TempFolder folder;
  for (const char* name : {"a.png", "a.pgm", "a.tif"}) {
    const fs::path path = WriteLabels(folder.path() / name, CV_16U, 100);
    ExpectLabels(LoadMask(Of(path, "300")).mask, {3});
    ExpectLabels(LoadMask(Of(path, "700+25500")).mask, {7, 255});
    EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "3")); }), "0, 300, 700, 25500");
  }
}

// The index, not the colour: two of them are the same one.
TEST(MaskLabels, PaletteIndices) {
  const TempFolder folder;
  for (int bits : {4, 8}) {
    const fs::path path = WritePalettePng(folder.path() / "p.png", bits);
    ExpectLabels(LoadMask(Of(path, "3")).mask, {3});
    ExpectLabels(LoadMask(Of(path, "7")).mask, {7});
    ExpectLabels(LoadMask(Of(path, "#c80a14")).mask, {3, 7, 255});
    ExpectLabels(LoadMask(Of(path, "#5a5a5a")).mask, {0});
  }
  // Gray of four bits keeps its numbers too.
  const fs::path path = WritePalettePng(folder.path() / "g.png", 4, true);
  ExpectLabels(LoadMask(Of(path, "7")).mask, {7});
  ExpectLabels(LoadMask(Of(path, "15")).mask, {255});
}

TEST(MaskLabels, Colours) {
  const TempFolder folder;
  cv::Mat image(kSide, kSide, CV_8UC3);
  for (int i = 0; i < kSide * kSide; ++i) {
    image.at<cv::Vec3b>(i / kSide, i % kSide) = {Label(i), 128, 1};  // blue first
  }
  for (const char* name : {"c.png", "c.bmp", "c.ppm", "c.tif"}) {
    const fs::path path = folder.path() / name;
    ASSERT_TRUE(cv::imwrite(path.string(), image));
    ExpectLabels(LoadMask(Of(path, "#018003")).mask, {3});
    ExpectLabels(LoadMask(Of(path, "#018007+#0180FF")).mask, {7, 255});
    EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "#018004")); }),
                 "no pixel has the label #018004; it has #018000, #018003, #018007, #0180ff");
  }
  const fs::path path = folder.path() / "c.png";
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "3")); }), "in colours");
  // Gray saved as three equal channels is gray.
  cv::Mat gray = cv::imread(WriteLabels(folder.path() / "g.png").string(), cv::IMREAD_COLOR);
  ASSERT_EQ(gray.channels(), 3);
  ASSERT_TRUE(cv::imwrite((folder.path() / "g3.png").string(), gray));
  ExpectLabels(LoadMask(Of(folder.path() / "g3.png", "7")).mask, {7});
  ExpectLabels(LoadMask(Of(folder.path() / "g3.png", "#070707")).mask, {7});
}

TEST(MaskLabels, BadInput) {
  const TempFolder folder;
  const fs::path path = WriteLabels(folder.path() / "a.png");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "4")); }),
               "no pixel has the label 4; it has 0, 3, 7, 255");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "3+4")); }), "no pixel has the label 4");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadIgnore(Of(path, "4")); }), "no pixel has the label 4");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "3"), ImageSize{9, 8}); }), "9x8");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "x")); }), "a.png:x: no such file");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(folder.path() / "b.png", "3")); }),
               "b.png: no such file");
  const fs::path jpeg = WriteLabels(folder.path() / "a.jpg");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(jpeg, "3")); }), "a JPEG's values");
  const fs::path bmp = WriteLabels(folder.path() / "a.bmp");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(bmp, "3")); }), "labels of a BMP");
  ASSERT_TRUE(cv::imwrite((folder.path() / "f.tif").string(),
                          cv::Mat(kSide, kSide, CV_32F, cv::Scalar(0.5))));
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(folder.path() / "f.tif", "3")); }),
               "whole numbers");
}

TEST(MaskLabels, ManyLabelsAreNotAllListed) {
  const TempFolder folder;
  std::string pgm = "P5\n8 8\n255\n";
  for (int i = 0; i < 64; ++i) pgm += static_cast<char>(i);
  const fs::path path = folder.Write("a.pgm", pgm);
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(Of(path, "99")); }), "14, 15 and 48 more");
}

// A colon in a file's name is no label where there is such a file.
TEST(MaskLabels, AFileOfThatName) {
  const TempFolder folder;
  WriteLabels(folder.path() / "a.png");
  fs::rename(WriteLabels(folder.path() / "b.png"), folder.path() / "a.png:3");
  EXPECT_FALSE(ParseMaskSource(folder.path() / "a.png:3").labels);
  EXPECT_NEAR(LoadMask(folder.path() / "a.png:3").area_px, (20 * 3 + 10 * 7 + 14 * 255) / 255.0,
              1e-5);
  ExpectLabels(LoadMask(folder.path() / "a.png:7").mask, {7});
  ExpectLabels(LoadMask(folder.path() / "a.png:3:7").mask, {7});
  EXPECT_LT(LoadMask(folder.path() / "a.png:3").mask.pixels[25], 0.1);
}

}  // namespace
}  // namespace ceres_align::testing
