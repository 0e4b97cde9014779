#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "ceres_align/io/cv_mat.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_scan.h"
#include "ceres_align/io/npy.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

/// A PNG of these bytes (PNG_FORMAT_GRAY, _RGBA, …; for LINEAR formats 16 bits a channel).
std::filesystem::path WritePng(const std::filesystem::path& path, int width, int height,
                               unsigned format, const void* pixels) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  EXPECT_NE(png_image_write_to_file(&image, path.c_str(), 0, pixels, 0, nullptr), 0);
  return path;
}

std::string Pgm(int width, int height, int maximum, const std::vector<int>& values) {
  std::string out = "P5\n" + std::to_string(width) + " " + std::to_string(height) + "\n" +
                    std::to_string(maximum) + "\n";
  for (int v : values) {
    if (maximum > 255) out += static_cast<char>(v >> 8);
    out += static_cast<char>(v);
  }
  return out;
}

/// 8x8 with the lower half set to `value`.
std::vector<int> Half(int value) {
  std::vector<int> values(64, 0);
  for (int i = 32; i < 64; ++i) values[i] = value;
  return values;
}

TEST(Mask, EightBitsKeepCoverage) {
  const TempFolder folder;
  std::vector<int> values = Half(255);
  values[0] = 128;
  values[1] = 3;
  const LoadedMask loaded = LoadMask(folder.Write("a.pgm", Pgm(8, 8, 255, values)));
  EXPECT_FLOAT_EQ(loaded.mask.at(0, 0), 128.0f / 255);
  EXPECT_FLOAT_EQ(loaded.mask.at(1, 0), 3.0f / 255);
  EXPECT_EQ(loaded.mask.at(7, 3), 0);
  EXPECT_EQ(loaded.mask.at(0, 4), 1);
  EXPECT_NEAR(loaded.area_px, 32 + 131.0 / 255, 1e-6);
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST(Mask, SixteenBits) {
  const TempFolder folder;
  std::vector<int> values = Half(65535);
  values[0] = 256;  // would be lost in 8 bits' rounding
  const LoadedMask loaded = LoadMask(folder.Write("a.pgm", Pgm(8, 8, 65535, values)));
  EXPECT_FLOAT_EQ(loaded.mask.at(0, 0), 256.0f / 65535);
  EXPECT_EQ(loaded.mask.at(0, 4), 1);
}

TEST(Mask, TwoValuesAreBinary) {
  const TempFolder folder;
  for (int value : {1, 2, 128, 254}) {
    const LoadedMask loaded = LoadMask(folder.Write("a.pgm", Pgm(8, 8, 255, Half(value))));
    EXPECT_EQ(loaded.area_px, 32) << value;
    ASSERT_EQ(loaded.warnings.size(), 1u) << value;
    EXPECT_PRED2(Contains, loaded.warnings[0], "0 and " + std::to_string(value) + " (of 255)");
  }
  EXPECT_TRUE(LoadMask(folder.Write("b.pgm", Pgm(8, 8, 255, Half(255)))).warnings.empty());
  // Three values are probabilities.
  std::vector<int> three = Half(2);
  three[0] = 1;
  const LoadedMask dim = LoadMask(folder.Write("c.pgm", Pgm(8, 8, 255, three)));
  EXPECT_FLOAT_EQ(dim.mask.at(0, 7), 2.0f / 255);
  ASSERT_EQ(dim.warnings.size(), 1u);
  EXPECT_PRED2(Contains, dim.warnings[0], "never reaches one half");
}

TEST(Mask, ColourIsItsBrightestChannel) {
  const TempFolder folder;
  std::string ppm = "P6\n2 2\n255\n";
  ppm += std::string("\xFF\0\0", 3) + std::string("\0\x40\x20", 3) + std::string("\0\0\0", 3) +
         std::string("\0\0\xFF", 3);
  const LoadedMask loaded = LoadMask(folder.Write("a.ppm", ppm));
  EXPECT_EQ(loaded.mask.at(0, 0), 1);
  EXPECT_FLOAT_EQ(loaded.mask.at(1, 0), 64.0f / 255);
  EXPECT_EQ(loaded.mask.at(0, 1), 0);
  EXPECT_EQ(loaded.mask.at(1, 1), 1);
}

TEST(Mask, EveryPnm) {
  const TempFolder folder;
  const std::vector<float> expected = {0, 1, 0, 1, 1, 0};
  for (const std::string& bytes :
       {std::string("P1 # comment\n3 2\n1 0 1\n001"), std::string("P4\n3 2\n\xA0\x20"),
        std::string("P2\n3 2 9\n0 9 0 9 9 0\n"), std::string("P5 3 2 4\n\0\4\0\4\4\0", 15),
        std::string("P3 3 2 1 0 0 0 1 0 0 0 0 0 1 1 1 0 1 0 0 0 0")}) {
    const std::filesystem::path path = folder.Write("a.pnm", bytes);
    EXPECT_EQ(LoadMask(path).mask.pixels, expected) << bytes;
    for (size_t size = 3; size + 2 < bytes.size(); ++size) {
      folder.Write("a.pnm", bytes.substr(0, size));
      EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(path); }), "damaged PNM") << size;
    }
  }
  folder.Write("b.pgm", "P5 999999999 999999999 255\n");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(folder / "b.pgm"); }), "cannot be read");
}

TEST(Mask, AlphaIsTheMaskUnlessOpaque) {
  const TempFolder folder;
  const unsigned char shape[] = {255, 255, 255, 0, 255, 255, 255, 255, 0, 0, 0, 0, 255, 0, 0, 64};
  const LoadedMask alpha = LoadMask(WritePng(folder / "a.png", 2, 2, PNG_FORMAT_RGBA, shape));
  EXPECT_EQ(alpha.mask.at(0, 0), 0);
  EXPECT_EQ(alpha.mask.at(1, 0), 1);
  EXPECT_FLOAT_EQ(alpha.mask.at(1, 1), 64.0f / 255);
  const unsigned char opaque[] = {255, 255, 0, 255, 255, 255, 128, 255};
  const LoadedMask gray = LoadMask(WritePng(folder / "b.png", 2, 2, PNG_FORMAT_GA, opaque));
  EXPECT_EQ(gray.mask.at(0, 0), 1);
  EXPECT_EQ(gray.mask.at(1, 0), 0);
  EXPECT_FLOAT_EQ(gray.mask.at(1, 1), 128.0f / 255);
}

TEST(Mask, SaveAndLoadAgree) {
  const TempFolder folder;
  ImageF mask(5, 3);
  for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = static_cast<float>(i) / 14;
  mask.at(0, 0) = -0.5f;
  SaveMask(folder / "new/folder/m.png", mask);
  const LoadedMask loaded = LoadMask(folder / "new/folder/m.png", ImageSize{5, 3});
  EXPECT_EQ(loaded.mask.at(0, 0), 0);
  for (size_t i = 1; i < mask.pixels.size(); ++i) {
    EXPECT_NEAR(loaded.mask.pixels[i], mask.pixels[i], 0.5 / 255 + 1e-6);
  }
}

TEST(Mask, EmptyIsLegalAndTinyIsTold) {
  const TempFolder folder;
  const LoadedMask empty = LoadMask(folder.Write("a.pgm", Pgm(8, 8, 255, Half(0))));
  EXPECT_TRUE(empty.IsEmpty());
  EXPECT_TRUE(empty.warnings.empty());
  std::vector<int> one = Half(0);
  one[10] = 255;
  const LoadedMask tiny = LoadMask(folder.Write("b.pgm", Pgm(8, 8, 255, one)));
  EXPECT_FALSE(tiny.IsEmpty());
  ASSERT_EQ(tiny.warnings.size(), 1u);
  EXPECT_PRED2(Contains, tiny.warnings[0], "only 1 pixel of foreground");
  const LoadedMask full =
      LoadMask(folder.Write("c.pgm", Pgm(8, 8, 255, std::vector<int>(64, 255))));
  ASSERT_EQ(full.warnings.size(), 1u);
  EXPECT_PRED2(Contains, full.warnings[0], "all foreground");
}

TEST(Mask, Errors) {
  const TempFolder folder;
  const auto error = [&](const std::filesystem::path& path) {
    return ErrorOf([&] { LoadMask(path); });
  };
  const std::filesystem::path good = folder.Write("a.pgm", Pgm(8, 8, 255, Half(255)));
  EXPECT_PRED2(Contains, ErrorOf([&] {
                 LoadMask(good, ImageSize{8, 9});
               }),
               "has 8x8 pixels (width x height), the camera 8x9");
  EXPECT_PRED2(Contains, error(folder / "none.png"), "none.png: no such file");
  EXPECT_PRED2(Contains, error(folder.Write("e.png", "")), "e.png: the file is empty");
  EXPECT_PRED2(Contains, error(folder.Write("t.png", "hello, I am a text")), "not an image");
  EXPECT_PRED2(Contains, error(folder.path()), "is a directory");
}

// Any single changed byte in the picture's data is found by PNG's checksums.
TEST(Mask, DamagedPngsAreErrors) {
  const TempFolder folder;
  ImageF mask(32, 24);
  for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = (i * 7 % 256) / 255.0f;
  SaveMask(folder / "good.png", mask);
  const std::string good = ReadFile(folder / "good.png");
  int errors = 0, kept = 0;
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const std::filesystem::path path = folder.Write("bad.png", bad);
    LoadedMask loaded;
    if (ErrorOf([&] { loaded = LoadMask(path); }) != "no error") {
      ++errors;
    } else {
      EXPECT_EQ(loaded.mask.pixels, LoadMask(folder / "good.png").mask.pixels) << "byte " << i;
      ++kept;
    }
    const std::string cut = ErrorOf([&] { LoadMask(folder.Write("cut.png", good.substr(0, i))); });
    EXPECT_NE(cut, "no error") << i << " bytes";
  }
  EXPECT_GT(errors, 20 * kept);
  // A text of a gigabyte, by its length: no room is made for it.
  const std::string chunk =
      "\x47\x0D\x0A\x7A"
      "zTXt";
  folder.Write("large.png", good.substr(0, 33) + chunk + good.substr(33));
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(folder / "large.png"); }), "the file ends early");
}

TEST(Mask, IgnoreIsNonzero) {
  const TempFolder folder;
  std::vector<int> values = Half(0);
  values[3] = 1;
  values[4] = 200;
  const ImageF ignore = LoadIgnore(folder.Write("i.pgm", Pgm(8, 8, 255, values)));
  EXPECT_EQ(ignore.at(3, 0), 1);
  EXPECT_EQ(ignore.at(4, 0), 1);
  EXPECT_EQ(ignore.at(5, 0), 0);
}

/// 64x48 in every format, then with its middle overwritten: no decoder gets through it.
std::vector<std::filesystem::path> DamagedImages(const TempFolder& folder) {
  cv::Mat image(48, 64, CV_8UC3);
  for (int i = 0; i < 64 * 48 * 3; ++i) image.data[i] = static_cast<unsigned char>(i * i * 7 % 251);
  std::vector<std::filesystem::path> paths;
  for (const char* extension : {".png", ".jpg", ".bmp", ".tiff", ".ppm"}) {
    std::vector<unsigned char> bytes;
    EXPECT_TRUE(cv::imencode(extension, image, bytes));
    std::string text(bytes.begin(), bytes.end());
    if (std::string(extension) == ".bmp" || std::string(extension) == ".ppm") {
      text.resize(text.size() / 2);  // uncompressed: any value is a pixel
    } else {
      text.replace(text.size() / 2, text.size() / 4, std::string(text.size() / 4, '\xFF'));
    }
    paths.push_back(folder.Write("a" + std::string(extension), text));
  }
  return paths;
}

// An image of another size is refused before its pixels are decoded, which may take gigabytes.
TEST(Mask, TheSizeIsComparedBeforeThePixelsAreDecoded) {
  const TempFolder folder;
  for (const std::filesystem::path& path : DamagedImages(folder)) {
    EXPECT_PRED2(Contains, ErrorOf([&] {
                   LoadMask(path, ImageSize{63, 48});
                 }),
                 "the image has 64x48 pixels (width x height), the camera 63x48")
        << path;
    const ImageSize size = ReadImageSize(path);
    EXPECT_EQ(size.width_px, 64) << path;
    EXPECT_EQ(size.height_px, 48) << path;
  }
  EXPECT_PRED2(Contains, ErrorOf([&] {
                 LoadMask(folder / "a.png", ImageSize{64, 48});
               }),
               "damaged PNG");
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadImageSize(folder.Write("b.png", "none")); }),
               "not an image");
}

// The rule of alpha looks at the whole image, but rows come one by one.
TEST(Mask, AlphaThatIsNotOpaqueOnlyLateIsTheMaskEverywhere) {
  const TempFolder folder;
  std::vector<unsigned char> pixels(4 * 8 * 8, 0);
  for (size_t i = 0; i < 64; ++i) pixels[4 * i + 3] = 255;
  const auto load = [&] {
    return LoadMask(WritePng(folder / "a.png", 8, 8, PNG_FORMAT_RGBA, pixels.data())).mask;
  };
  EXPECT_EQ(load().pixels, std::vector<float>(64, 0.0f));  // opaque: the colours, black
  pixels[4 * 50 + 3] = 0;
  pixels[4 * 60] = 255;
  std::vector<float> expected(64, 1.0f);
  expected[50] = 0;
  EXPECT_EQ(load().pixels, expected);
}

TEST(Mask, NumpyArrays) {
  const TempFolder folder;
  const auto write = [&](const NpyArray& array) { return folder.Write("m.npy", NpyBytes(array)); };
  const LoadedMask bytes = LoadMask(write({{2, 3}, std::vector<uint8_t>{0, 51, 255, 0, 0, 102}}));
  ASSERT_EQ(bytes.mask.width, 3);
  ASSERT_EQ(bytes.mask.height, 2);
  EXPECT_FLOAT_EQ(bytes.mask.at(1, 0), 0.2f);
  EXPECT_FLOAT_EQ(bytes.mask.at(2, 1), 0.4f);
  const LoadedMask flags = LoadMask(write({{2, 3}, std::vector<uint8_t>{0, 1, 1, 0, 0, 1}}));
  EXPECT_EQ(flags.area_px, 3);
  const LoadedMask floats =
      LoadMask(write({{2, 3}, std::vector<float>{0, 0.25f, 1, 0, 0.5f, 1}}), ImageSize{3, 2});
  EXPECT_EQ(floats.mask.at(1, 0), 0.25f);
  const auto labels = write({{2, 3}, std::vector<int32_t>{0, 7, 7, 300, 0, 7}});
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(labels); }), "say which label is the mask");
  EXPECT_EQ(LoadMask(labels.string() + ":7").area_px, 3);
  EXPECT_EQ(LoadMask(labels.string() + ":300").area_px, 1);
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(labels, ImageSize{2, 3}); }), "3x2");
  const auto line = write({{6}, std::vector<float>(6, 0.5f)});
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(line); }), "an array of one dimension");
  const auto large = write({{1, 2}, std::vector<double>{0.5, 1.5}});
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(large); }), "a pixel is 1.5");
}

TEST(Mask, AnInvertedOneIsNoticed) {
  const TempFolder folder;
  const auto warnings = [&](bool invert) {
    ImageF mask(20, 16, invert ? 1.0f : 0.0f);
    for (int row = 5; row < 9; ++row) {
      for (int column = 3; column < 12; ++column) mask.at(column, row) = invert ? 0.0f : 1.0f;
    }
    SaveMask(folder.path() / "m.png", mask);
    return LoadMask(folder.path() / "m.png").warnings;
  };
  EXPECT_TRUE(warnings(false).empty());
  ASSERT_EQ(warnings(true).size(), 1u);
  EXPECT_PRED2(Contains, warnings(true)[0], "if it is inverted, invert it");
}

TEST(MaskFromMat, MeansWhatTheSameFileMeans) {
  const TempFolder folder;
  cv::Mat wide(5, 9, CV_8U, cv::Scalar(0));
  for (int i = 0; i < 45; ++i)
    wide.at<unsigned char>(i / 9, i % 9) = static_cast<unsigned char>(5 * i);
  const cv::Mat bytes = wide(cv::Rect(2, 1, 6, 4));  // rows with a gap between them
  const std::filesystem::path file = folder / "m.png";
  cv::imwrite(file.string(), bytes);
  const LoadedMask of_file = LoadMask(file), of_mat = MaskFromMat(bytes, "mat");
  EXPECT_EQ(of_mat.mask.width, 6);
  EXPECT_EQ(of_mat.mask.height, 4);
  EXPECT_EQ(of_mat.mask.pixels, of_file.mask.pixels);
  EXPECT_EQ(of_mat.area_px, of_file.area_px);
  cv::Mat words, floats, doubles;
  bytes.convertTo(words, CV_16U, 257);
  bytes.convertTo(doubles, CV_64F, 1.0 / 255);
  cv::imwrite((folder / "w.png").string(), words);
  EXPECT_EQ(MaskFromMat(words, "mat").mask.pixels, LoadMask(folder / "w.png").mask.pixels);
  EXPECT_EQ(MaskFromMat(MatOf(of_file.mask), "mat").mask.pixels, of_file.mask.pixels);
  EXPECT_EQ(MaskFromMat(doubles, "mat").mask.pixels.size(), of_file.mask.pixels.size());
  EXPECT_EQ(MaskFromMat(bytes, "mat", 0.5).mask.pixels, LoadMask(file, {}, 0.5).mask.pixels);
}

TEST(MaskFromMat, TwoValuesAreAMaskAndOthersAreErrors) {
  cv::Mat labels(4, 6, CV_8U, cv::Scalar(0));
  labels(cv::Rect(1, 1, 2, 2)) = 1;
  const LoadedMask mask = MaskFromMat(labels, "labels");
  EXPECT_EQ(mask.area_px, 4);
  EXPECT_PRED2(Contains, mask.warnings.at(0), "labels: the mask has the only values 0 and 1");
  EXPECT_PRED2(Contains, ErrorOf([] { MaskFromMat(cv::Mat(), "empty"); }), "empty: ");
  EXPECT_PRED2(Contains, ErrorOf([] { MaskFromMat(cv::Mat(2, 2, CV_8UC3), "colour"); }), "CV_8UC3");
  EXPECT_PRED2(Contains, ErrorOf([] { MaskFromMat(cv::Mat(2, 2, CV_32S, cv::Scalar(0)), "i"); }),
               "CV_32S");
  cv::Mat floats(2, 3, CV_32F, cv::Scalar(0.5));
  floats.at<float>(1, 2) = NAN;
  EXPECT_PRED2(Contains, ErrorOf([&] { MaskFromMat(floats, "nan"); }), "column 2, row 1");
}

// In pieces of odd lengths, against the values one by one.
TEST(MaskScan, SeesWhatTheValuesAre) {
  std::vector<float> soft(20011), binary(20011), other(20011);
  for (size_t i = 0; i < soft.size(); ++i) {
    soft[i] = static_cast<float>((i * 7919) % 1021) / 1020;
    binary[i] = (i * 7919) % 1021 > 700 ? 1.0f : 0.0f;
    other[i] = 0.25f * binary[i];
  }
  std::vector<float> late = binary;
  late.back() = 0.5f;
  for (const auto& values : {soft, binary, other, late, std::vector<float>(100, 1.0f)}) {
    io_internal::MaskScan scan;
    for (size_t begin = 0; begin < values.size(); begin += 997) {
      scan.Add(values.data() + begin, std::min<size_t>(997, values.size() - begin));
    }
    EXPECT_EQ(scan.low(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(scan.high(), *std::max_element(values.begin(), values.end()));
    double sum = 0;
    for (const float v : values) sum += v;
    EXPECT_NEAR(scan.sum(), sum, 1e-6 * sum);
    EXPECT_EQ(scan.num_below_half(),
              std::count_if(values.begin(), values.end(), [](float v) { return v < 0.5f; }));
    EXPECT_EQ(scan.other_value(), values == other ? 0.25f : 0.0f);
    EXPECT_TRUE(scan.InRange());
    for (const float wrong : {1.0001f, -1e-6f, NAN, INFINITY, -INFINITY}) {
      io_internal::MaskScan beyond = scan;
      beyond.Add(&wrong, 1);
      EXPECT_FALSE(beyond.InRange()) << wrong;
    }
  }
  io_internal::MaskScan binary_after;
  binary_after.Add(other.data(), other.size());
  binary_after.AddBinary(3, 10);
  EXPECT_EQ(binary_after.other_value(), 0);
}

TEST(MatOf, IsACopyWithTheSameRows) {
  Image<double> coverage(3, 2);
  for (int i = 0; i < 6; ++i) coverage.pixels[i] = 0.1 * i;
  const cv::Mat mat = MatOf(coverage);
  ASSERT_EQ(mat.type(), CV_64F);
  ASSERT_EQ(mat.rows, 2);
  EXPECT_EQ(mat.at<double>(1, 0), coverage.at(0, 1));
  EXPECT_EQ(MatOf(ImageF(3, 2, 0.5f)).type(), CV_32F);
}

}  // namespace
}  // namespace ceres_align
