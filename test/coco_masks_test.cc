// Masks in COCO's JSON. The literal strings and pictures are what COCO's own common/maskApi.c
// (cocodataset/cocoapi) gave for these runs and polygons: rleToString, rleFrPoly.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "ceres_align/io/coco_rle.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_labels.h"
#include "ceres_align/io/polygon_coverage.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using io_internal::AddPolygon;
using io_internal::ParseRleText;
using io_internal::Polygon;
using nlohmann::json;
using testing::CocoRuns;
using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

using Runs = std::vector<int64_t>;

/// "..##" with a row after each bar.
ImageF Picture(const std::vector<std::string>& rows) {
  ImageF image(static_cast<int>(rows[0].size()), static_cast<int>(rows.size()));
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) image.at(c, r) = rows[r][c] == '#' ? 1 : 0;
  }
  return image;
}

/// Written from the words of maskApi.c's comments, not from the reader.
std::string TextOf(const Runs& runs) {
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t x = runs[i] - (i > 2 ? runs[i - 2] : 0);
    for (bool more = true; more;) {
      int64_t bits = x - 32 * static_cast<int64_t>(std::floor(x / 32.0));
      x = (x - bits) / 32;
      more = bits >= 16 ? x != -1 : x != 0;
      text += static_cast<char>('0' + bits + (more ? 32 : 0));
    }
  }
  return text;
}

const json kTwoRuns = {{"size", {4, 5}}, {"counts", {5, 2, 13}}};  // column 1, rows 1 and 2

/// Two images, three annotations.
json Instances() {
  return {{"info", {{"year", 2026}}},
          {"images",
           {{{"id", 17}, {"file_name", "left/0001.png"}, {"width", 5}, {"height", 4}},
            {{"id", 18}, {"file_name", "right/0002.png"}, {"width", 10}, {"height", 8}}}},
          {"categories", {{{"id", 1}, {"name", "mug"}}, {{"id", 2}, {"name", "red+box"}}}},
          {"annotations",
           {{{"id", 900}, {"image_id", 17}, {"category_id", 1}, {"segmentation", kTwoRuns}},
            {{"id", 901},
             {"image_id", 18},
             {"category_id", 1},
             {"iscrowd", 0},
             {"segmentation", {{2, 1, 7, 1, 7, 5, 2, 5}}}},
            {{"id", 902},
             {"image_id", 18},
             {"category_id", 2},
             {"segmentation", {{"size", {8, 10}}, {"counts", "0440000000X1"}}}}}}};
}

const ImageF kBox = Picture({"..........", "..#####...", "..#####...", "..#####...", "..#####...",
                             "..........", "..........", ".........."});
const ImageF kCorner = Picture({"#####.....", "#####.....", "#####.....", "#####.....",
                                "..........", "..........", "..........", ".........."});

class CocoMasks : public ::testing::Test {
 protected:
  ImageF Load(const json& document, const std::string& selection,
              std::optional<ImageSize> expected = {}) {
    return LoadMask(Write(document).string() + selection, expected).mask;
  }
  std::string Error(const json& document, const std::string& selection,
                    std::optional<ImageSize> expected = {}) {
    return ErrorOf([&] { Load(document, selection, expected); });
  }
  std::filesystem::path Write(const json& document) {
    return folder_.Write("c.json", document.dump());
  }
  const TempFolder folder_;
};

TEST_F(CocoMasks, CompressedRunsAsCocosOwnCodeWritesThem) {
  const std::vector<std::pair<std::string, Runs>> cases = {
      {"231N", {2, 3, 1, 1}},  // the example of pycocotools' mask.py
      {"061", {0, 6, 1}},      // and its other one
      {"61X13mN000`0", {6, 1, 40, 4, 5, 4, 5, 4, 21}},
      {"Xo03T32\\k1LQRNoQW1E", {1000, 3, 100, 5, 2000, 1, 17, 40000, 6}},
      {"0`[T2?PekM`0`0Q?QOP@3", {0, 70000, 15, 16, 31, 32, 512, 1, 0, 4}},
      {"", {}}};
  for (const auto& [text, runs] : cases) {
    EXPECT_EQ(ParseRleText(text, 1 << 20, "f"), runs) << text;
    EXPECT_EQ(TextOf(runs), text);
  }
}

TEST_F(CocoMasks, RunsGoDownTheColumns) {
  const ImageF mask = Load(Instances(), ":17");
  EXPECT_EQ(mask.pixels, Picture({".....", ".#...", ".#...", "....."}).pixels);
  const ImageSize size = ReadImageSize((folder_ / "c.json").string() + ":17");
  EXPECT_EQ(size.width_px, 5);
  EXPECT_EQ(size.height_px, 4);
}

TEST_F(CocoMasks, RandomMasksRoundTrip) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 200; ++trial) {
    ImageF mask(1 + random() % 40, 1 + random() % 40);
    const unsigned length = 1 + random() % 90;
    for (size_t i = 0; i < mask.pixels.size(); ++i) {
      mask.pixels[i] = (random() % length == 0) != (i > 0 && mask.pixels[i - 1] > 0) ? 1 : 0;
    }
    const Runs runs = CocoRuns(mask);
    for (const json& counts : {json(runs), json(TextOf(runs))}) {
      const json document = {
          {{"image_id", 1},
           {"segmentation", {{"size", {mask.height, mask.width}}, {"counts", counts}}}}};
      EXPECT_EQ(Load(document, "", ImageSize{mask.width, mask.height}).pixels, mask.pixels);
    }
  }
}

// The pixels whose centres, at (0.5, 0.5), are inside.
TEST_F(CocoMasks, PolygonsLieWhereCocosOwnCodeDrawsThem) {
  EXPECT_EQ(Load(Instances(), ":18:901").pixels, kBox.pixels);
  ImageF whole(10, 8), cut(10, 8);
  AddPolygon({{-3, -2}, {5, -2}, {5, 4}, {-3, 4}}, &cut);
  EXPECT_EQ(cut.pixels, kCorner.pixels);
  AddPolygon({{-1e6, -1e6}, {1e6, -1e6}, {1e6, 1e6}, {-1e6, 1e6}}, &whole);
  EXPECT_EQ(whole.pixels, std::vector<float>(80, 1.0f));
  ImageF quad(19, 15);
  AddPolygon({{1.2, 0.7}, {17.3, 4.1}, {12.6, 13.9}, {3.3, 11.2}}, &quad);
  const ImageF coco = Picture(
      {"...................", ".####..............", "..#######..........", "..############.....",
       "..###############..", "..###############..", "..##############...", "...#############...",
       "...############....", "...############....", "...###########.....", "....##########.....",
       "........#####......", "...........##......", "..................."});
  int differing = 0;
  for (size_t i = 0; i < quad.pixels.size(); ++i) {
    if ((quad.pixels[i] >= 0.5f) == (coco.pixels[i] == 1)) continue;
    ++differing;  // an area is not a centre
    EXPECT_NEAR(quad.pixels[i], 0.5, 0.35) << i;
  }
  EXPECT_LE(differing, 6);
}

// By the shoelace formula; half a pixel off, a border pixel's share would differ.
TEST_F(CocoMasks, PolygonsAreExactAreas) {
  ImageF box(6, 5);
  AddPolygon({{1.25, 1.5}, {4.5, 1.5}, {4.5, 3.75}, {1.25, 3.75}}, &box);
  EXPECT_FLOAT_EQ(box.at(1, 1), 0.375f);
  EXPECT_FLOAT_EQ(box.at(2, 1), 0.5f);
  EXPECT_FLOAT_EQ(box.at(1, 2), 0.75f);
  EXPECT_FLOAT_EQ(box.at(4, 3), 0.375f);
  EXPECT_EQ(box.at(2, 2), 1);
  EXPECT_EQ(box.at(0, 2), 0);
  EXPECT_EQ(box.at(5, 2), 0);
  ImageF triangle(4, 4);
  AddPolygon({{0, 0}, {4, 0}, {0, 4}}, &triangle);
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 4; ++c) {
      EXPECT_FLOAT_EQ(triangle.at(c, r), c + r < 3 ? 1 : c + r == 3 ? 0.5f : 0);
    }
  }
  std::mt19937 random(4);
  std::uniform_real_distribution<double> offset(0, 1);
  for (int trial = 0; trial < 100; ++trial) {
    // Star-shaped about the middle, so it does not cross itself.
    Polygon polygon;
    const int corners = 3 + static_cast<int>(random() % 20);
    for (int i = 0; i < corners; ++i) {
      const double angle = 2 * M_PI * (i + 0.9 * offset(random)) / corners;
      const double radius = 4 + 15 * offset(random);
      polygon.push_back({20 + radius * std::cos(angle), 20 + radius * std::sin(angle)});
    }
    double twice = 0, x_moment = 0, sum = 0, x_sum = 0;
    for (size_t i = 0; i < polygon.size(); ++i) {
      const auto [x0, y0] = polygon[i];
      const auto [x1, y1] = polygon[(i + 1) % polygon.size()];
      twice += x0 * y1 - x1 * y0;
      x_moment += (x0 + x1) * (x0 * y1 - x1 * y0) / 6;
    }
    if (corners < 5) continue;  // the middle may be outside
    ImageF mask(40, 40);
    if (trial % 2 == 0) std::reverse(polygon.begin(), polygon.end());
    AddPolygon(polygon, &mask);
    for (int r = 0; r < 40; ++r) {
      for (int c = 0; c < 40; ++c) {
        sum += mask.at(c, r);
        x_sum += mask.at(c, r) * (c + 0.5);
      }
    }
    EXPECT_NEAR(sum, twice / 2, 2e-4);
    // A pixel's share lies anywhere in it.
    EXPECT_NEAR(x_sum / sum, 2 * x_moment / twice, 0.05);
  }
}

TEST_F(CocoMasks, EvenOddWithinAPolygonAndUnionOfSeveral) {
  const std::vector<std::string> hole = {
      "............", ".#########..", ".#########..", ".##.....##..", ".##.....##..",
      ".##.....##..", ".##.....##..", ".#########..", ".#########..", "............"};
  // Both ways round: the hole is one by the even-odd rule alone in the second. Its slit has no
  // area.
  for (const Polygon& inner : {Polygon{{3, 3}, {3, 7}, {8, 7}, {8, 3}, {3, 3}},
                               Polygon{{3, 3}, {8, 3}, {8, 7}, {3, 7}, {3, 3}}}) {
    Polygon polygon = {{1, 1}, {10, 1}, {10, 9}, {1, 9}, {1, 1}};
    polygon.insert(polygon.end(), inner.begin(), inner.end());
    ImageF mask(12, 10);
    AddPolygon(polygon, &mask);
    for (size_t i = 0; i < mask.pixels.size(); ++i) {
      EXPECT_NEAR(mask.pixels[i], Picture(hole).pixels[i], 1e-6) << i;
    }
  }
  json document = Instances();
  document["annotations"][1]["segmentation"] = {{2, 1, 7, 1, 7, 4, 2, 4}, {2, 3, 7, 3, 7, 5, 2, 5}};
  EXPECT_EQ(Load(document, ":18:901").pixels, kBox.pixels);
  // Neighbours leave no seam.
  document["annotations"][1]["segmentation"] = {{2, 1, 4.3, 1, 4.3, 5, 2, 5},
                                                {4.3, 1, 7, 1, 7, 5, 4.3, 5}};
  EXPECT_EQ(Load(document, ":18:901").pixels, kBox.pixels);
}

TEST_F(CocoMasks, ImagesAndAnnotationsAreNamed) {
  const json document = Instances();
  ImageF both = kBox;
  for (size_t i = 0; i < both.pixels.size(); ++i) {
    both.pixels[i] = std::max(both.pixels[i], kCorner.pixels[i]);
  }
  for (const char* image : {":18", ":right/0002.png", ":0002.png"}) {
    for (const char* of : {":901", ":mug", ":@1"}) {
      EXPECT_EQ(Load(document, std::string(image) + of).pixels, kBox.pixels) << image << of;
    }
    EXPECT_EQ(Load(document, std::string(image) + ":red+box").pixels, kCorner.pixels);
    for (const char* of : {":901+902", ":mug+@2", ":all", ":901+901+902"}) {
      EXPECT_EQ(Load(document, std::string(image) + of).pixels, both.pixels) << of;
    }
  }
  json one = document;
  one["images"].erase(0);
  EXPECT_EQ(Load(one, "::mug").pixels, kBox.pixels);
  one["annotations"].erase(2);
  EXPECT_EQ(Load(one, "").pixels, kBox.pixels);
  one["images"][0]["file_name"] = "a:b.png";
  EXPECT_EQ(Load(one, ":a:b.png").pixels, kBox.pixels);
  EXPECT_EQ(Load(one, ":a:b.png:mug").pixels, kBox.pixels);
  const ImageF ignore = LoadIgnore((folder_ / "c.json").string() + ":18");
  EXPECT_EQ(ignore.pixels, kBox.pixels);
}

TEST_F(CocoMasks, ListOfResults) {
  const json results = {
      {{"image_id", 42}, {"category_id", 18}, {"score", 0.9}, {"segmentation", kTwoRuns}},
      {{"image_id", 42},
       {"category_id", 3},
       {"score", 0.25},
       {"segmentation", {{1, 1, 2, 1, 2, 3, 1, 3}}}},
      {{"image_id", "b.png"}, {"category_id", 3}, {"segmentation", {{1, 1, 2, 1, 2, 3, 1, 3}}}}};
  const ImageF column = Picture({".....", ".#...", ".#...", "....."});
  EXPECT_EQ(Load(results, ":42:18").pixels, column.pixels);
  EXPECT_EQ(Load(results, ":42:@1", ImageSize{5, 4}).pixels, column.pixels);
  EXPECT_EQ(Load(results, ":b.png", ImageSize{5, 4}).pixels, column.pixels);
  EXPECT_PRED2(
      Contains, Error(results, ":42"),
      "c.json: image 42 has 2 annotations; say which, or all: @0 (category 18, score 0.9), "
      "@1 (category 3, score 0.25)");
  EXPECT_PRED2(Contains, Error(results, ":b.png"), "[2].segmentation has polygons");
  EXPECT_PRED2(Contains, Error(results, ":42:@2"), "has no annotation \"@2\"");
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadImageSize((folder_ / "c.json").string() + ":b.png"); }),
               "give --image_size");
  json same = results;
  same[1]["category_id"] = 18;
  EXPECT_PRED2(Contains, Error(same, ":42:18"), "2 annotations \"18\": @0 (category 18");
}

TEST_F(CocoMasks, WhatMeansSeveralIsRefused) {
  json document = Instances();
  EXPECT_PRED2(Contains, Error(document, ""), "which image? Write");
  EXPECT_PRED2(Contains, Error(document, ""), "it has 17 (left/0001.png), 18 (right/0002.png)");
  EXPECT_PRED2(Contains, Error(document, ":18"), "say which, or all: 901 (mug), 902 (red+box)");
  EXPECT_PRED2(Contains, Error(document, ":19"), "there is no image \"19\"; it has 17 (");
  EXPECT_PRED2(Contains, Error(document, ":18:900"), "has no annotation \"900\"; it has 901 (mug)");
  EXPECT_PRED2(Contains, Error(document, ":18:"), "nothing follows the last colon");
  EXPECT_PRED2(Contains, Error(document, ":18:901+"), "has no annotation \"\"");
  document["annotations"][2]["category_id"] = 1;
  EXPECT_PRED2(Contains, Error(document, ":18:mug"),
               "has 2 annotations \"mug\": 901 (mug), 902 (mug); name those that are meant");
  document["categories"][0]["name"] = "902";
  EXPECT_PRED2(Contains, Error(document, ":18:902"), "an annotation's id and a category's name");
  document["images"][0]["file_name"] = "18";
  EXPECT_PRED2(Contains, Error(document, ":18:901"), "\"18\" means 2 images");
  document = Instances();
  document["images"][1]["file_name"] = "right/0001.png";
  EXPECT_PRED2(Contains, Error(document, ":0001.png"), "means 2 images");
}

TEST_F(CocoMasks, AnImageWithoutAnnotationsIsEmpty) {
  json document = Instances();
  document["annotations"].erase(0);
  const LoadedMask loaded = LoadMask(Write(document).string() + ":17");
  EXPECT_TRUE(loaded.IsEmpty());
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_PRED2(Contains, loaded.warnings[0], "image 17 (left/0001.png) has no annotation");
}

TEST_F(CocoMasks, MalformedFiles) {
  const auto error_of = [&](const std::function<void(json*)>& change, const std::string& image) {
    json document = Instances();
    change(&document);
    return Error(document, image);
  };
  const auto rle = [&](const json& size, const json& counts) {
    return error_of(
        [&](json* d) {
          (*d)["annotations"][0]["segmentation"] = {{"size", size}, {"counts", counts}};
        },
        ":17");
  };
  const auto polygon = [&](const json& value) {
    return error_of([&](json* d) { (*d)["annotations"][1]["segmentation"] = value; }, ":18:901");
  };
  const std::string rle_place = "c.json: annotations[0].segmentation";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {rle({4, 5}, {5, 2, 12}), rle_place + ".counts add up to 19 pixels; the image has 5x4 = 20"},
      {rle({4, 5}, {5, 2, 14}), rle_place + ".counts add up to 21"},
      {rle({4, 5}, json::array()), "add up to 0"},
      {rle({4, 5}, {5, -2, 17}), ".counts[1] is -2; it must be a whole number"},
      {rle({4, 5}, {5, 1e300, 17}), ".counts[1] is 1e+300"},
      {rle({4, 5}, {5, 2.5, 12.5}), ".counts[1] is 2.5"},
      {rle({4, 5}, {5, "2", 13}), ".counts[1] must be a number, it is string"},
      {rle({4, 5}, 20), ".counts must be a list or a string"},
      {rle({4, 5}, "5 2"), ".counts has the character \" \" at 1"},
      {rle({4, 5}, "52`"), ".counts ends within a number"},
      {rle({4, 5}, "oooooooooo0"), ".counts has a number of more than 8 characters"},
      {rle({4, 5}, "5PPPP1"), ".counts: run 1 is "},
      {rle({4, 5}, "5N"), ".counts: run 1 is -2"},
      {rle({5, 4}, {5, 2, 13}),
       ".segmentation.size is 4x5 pixels (width x height), but images[0] is 5x4"},
      {rle({4}, {5, 2, 13}), ".size must be two numbers, height and width"},
      {rle({4, -5}, {5, 2, 13}), ".size[1] is -5"},
      {rle({99999999, 99999999}, {5, 2, 13}), ".size: an image of 99999999x99999999 pixels"},
      {rle({0, 5}, json::array()), ".size: an image of 5x0 pixels"},
      {polygon({{2, 1, 7, 1, 7, 5, 2}}), "annotations[1].segmentation[0] has 7 numbers"},
      {polygon({{2, 1, 7, 1}}), ".segmentation[0] has 4 numbers; a polygon has x and y"},
      {polygon({2, 1, 7, 1, 7, 5}), ".segmentation[0] must be a list, it is number"},
      {polygon({{2, 1, 7, "1", 7, 5}}), ".segmentation[0][3] must be a number"},
      {polygon({{2, 1, 7, 1e30, 7, 5}}), ".segmentation[0][3] is 1e+30, which is no coordinate"},
      {polygon(json::array()), ".segmentation is empty"},
      {polygon(nullptr), ".segmentation must be a list of polygons or an RLE, it is null"},
      {error_of([](json* d) { d->erase("images"); }, ":17"), "images is missing"},
      {error_of([](json* d) { (*d)["annotations"] = 3; }, ":17"), "annotations must be a list"},
      {error_of([](json* d) { (*d)["categories"] = "mug"; }, ":17"), "categories must be a list"},
      {error_of([](json* d) { (*d)["images"][0]["width"] = 0; }, ":17"),
       "images[0]: an image of 0x4"},
      {error_of([](json* d) { (*d)["images"][0]["height"] = 1e9; }, ":17"),
       "images[0].height is 1"},
      {error_of([](json* d) { (*d)["images"][0].erase("width"); }, ":17"),
       "images[0].width is missing"},
      {error_of([](json* d) { (*d)["images"][1]["id"] = 1.5; }, ":17"),
       "images[1].id must be a whole"},
      {error_of([](json* d) { (*d)["annotations"][2].erase("image_id"); }, ":17"),
       "annotations[2].image_id is missing"},
      {error_of([](json* d) { (*d)["annotations"][2] = 7; }, ":17"),
       "annotations[2] must be an object"},
      {error_of([](json* d) { (*d)["annotations"][0].erase("segmentation"); }, ":17"),
       "annotations[0].segmentation is missing"}};
  for (const auto& [message, part] : cases) {
    EXPECT_PRED2(Contains, message, "c.json: ");
    EXPECT_PRED2(Contains, message, part);
  }
  EXPECT_PRED2(Contains, Error(Instances(), ":17", ImageSize{4, 5}),
               "c.json: images[0]: the image has 5x4 pixels (width x height), the camera 4x5");
}

TEST_F(CocoMasks, MalformedText) {
  const auto error = [&](const std::string& text) {
    const auto path = folder_.Write("c.json", text);
    return ErrorOf([&] { LoadMask(path.string() + ":17"); });
  };
  const std::string good = Instances().dump();
  ASSERT_EQ(error(good), "no error");
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_PRED2(Contains, error(good.substr(0, size)), "c.json: ") << size;
  }
  EXPECT_PRED2(Contains, error("[]"), "the list of results is empty");
  EXPECT_PRED2(Contains, error("{}"), "no COCO file: images is missing");
  EXPECT_PRED2(Contains, error("17"), "no COCO file");
  EXPECT_PRED2(Contains, error("[[1]]"), "c.json: [0] must be an object, it is a list");
  EXPECT_PRED2(Contains, error(R"([{"image_id": 17, "segmentation": [[1, NaN, 2, 3, 4, 5]]}])"),
               "c.json: line 1, column 40");
  EXPECT_PRED2(Contains, error(R"([{"image_id": 17, "segmentation": [[1, 1e999, 2, 3, 4, 5]]}])"),
               "not finite");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMask(folder_ / "none.json:17"); }),
               "none.json: no such file");
}

// A scene's objects by their category.
TEST_F(CocoMasks, LabelsOfObjects) {
  SceneDescription scene;
  ViewDescription view;
  view.mask = "c.json:right/0002.png";
  view.width_px = 10;
  view.height_px = 8;
  view.K << 10, 0, 5, 0, 10, 4, 0, 0, 1;
  scene.views = {view};
  scene.objects.resize(1);
  scene.objects[0].name = "a";
  scene.objects[0].mesh = "a.obj";
  scene.objects[0].label = "mug";
  SaveScene(folder_ / "s.json", scene);
  const SceneDescription read = ReadSceneDescription(folder_ / "s.json");
  EXPECT_EQ(SceneOfObject(read, 0).views[0].mask, "c.json:right/0002.png:mug");
  scene.views[0].mask = "m.png";
  EXPECT_PRED2(Contains, ErrorOf([&] { CheckSceneDescription(&scene, "s.json"); }),
               "s.json: objects[0].label is \"mug\"; in the mask of views[0] a label is a number");
}

TEST_F(CocoMasks, AFileIsParsedOnceForAllItsMasks) {
  json document = Instances();
  for (int i = 0; i < 8; ++i) document["annotations"][1]["segmentation"][0][i] = 8.0 * (i % 3);
  const std::filesystem::path file = Write(document);
  folder_.Write("m.obj",
                "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n");
  SceneDescription scene;
  scene.mesh = "m.obj";
  scene.views.resize(2);
  for (ViewDescription& view : scene.views) {
    view.mask = "c.json:right/0002.png:mug";
    view.width_px = 10;
    view.height_px = 8;
    view.K << 10, 0, 5, 0, 10, 4, 0, 0, 1;
    view.cam_from_rig = Rigid3d();
  }
  scene.views[1].ignore = "c.json:18:902";
  MaskCache cache;
  EXPECT_EQ(ReadImageSize(file.string() + ":left/0001.png", &cache).width_px, 5);
  EXPECT_EQ(NameOfMask(file.string() + ":18:mug", &cache), "0002");
  const LoadedScene loaded = BuildScene(scene, folder_.path(), "s.json", nullptr, &cache);
  EXPECT_EQ(cache.num_parsed(), 1);
  // It is not even opened again, and gives what a file that is opened does.
  const LoadedMask opened = LoadMask(file.string() + ":18:mug");
  std::filesystem::remove(file);
  EXPECT_EQ(LoadMask(file.string() + ":18:mug", {}, {}, &cache).mask.pixels, opened.mask.pixels);
  EXPECT_EQ(loaded.scene.views[0].mask.pixels, opened.mask.pixels);
  EXPECT_EQ(loaded.scene.views[1].weight.at(0, 0), 0);
  EXPECT_PRED2(Contains, ErrorOf([&] { BuildScene(scene, folder_.path(), "s.json"); }),
               "c.json: no such file");
}

// What views are called and make_scene matches cameras by.
TEST_F(CocoMasks, NamesOfMasks) {
  EXPECT_EQ(NameOfMask("a/left.png"), "left");
  EXPECT_EQ(NameOfMask("a/left.png:2+5"), "left");
  const std::string file = Write(Instances()).string();
  EXPECT_EQ(NameOfMask(file + ":17"), "0001");
  const std::string results = folder_.Write("r.json", R"([{"image_id": 42, "category_id": 1}])");
  EXPECT_EQ(NameOfMask(results), "42");
  EXPECT_PRED2(Contains, ErrorOf([&] { NameOfMask(file + ":19"); }), "there is no image \"19\"");
}

TEST_F(CocoMasks, PathsAreSplitBehindJson) {
  EXPECT_EQ(ParseMaskSource("a/b.json").coco, "");
  EXPECT_EQ(ParseMaskSource("a/b.json:17:mug").coco, "17:mug");
  EXPECT_EQ(ParseMaskSource("a/b.json:17:mug").file, "a/b.json");
  for (const char* suffix : {":17:mug", ":", ""}) {
    EXPECT_EQ(ParseMaskSource(std::string("a/b.json") + suffix).suffix, suffix);
  }
  EXPECT_EQ(ParseMaskSource("a.png:2+5").suffix, ":2+5");
  EXPECT_EQ(ParseMaskSource("a.png:b").suffix, "");
  EXPECT_EQ(ParseMaskSource("b.JSON:x/y.png:3").coco, "x/y.png:3");
  EXPECT_FALSE(ParseMaskSource("a.json.png:3").coco);
  EXPECT_FALSE(ParseMaskSource("a.png:3").coco);
}

}  // namespace
}  // namespace ceres_align
