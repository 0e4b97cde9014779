// transforms.json against files written by hand.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ceres_align/io/files.h"
#include "formats_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::DifferenceOf;
using testing::ErrorOf;
using testing::ExpectCamera;
using testing::LeftByHand;
using testing::TempFolder;

// OpenGL's camera of LeftByHand in the world: columns right, up, back, place.
const char kMatrix[] = "[[0, -1, 0, -2], [-1, 0, 0, 1], [0, 0, -1, -3], [0, 0, 0, 1]]";

CameraSet Read(const std::string& text, const CameraReadOptions& options = {}) {
  const TempFolder folder;
  return ReadCameras("transforms:" + folder.Write("transforms.json", text).string(), options);
}
// With one frame that has these keys beside matrix and file_path.
std::string File(const std::string& top, const std::string& frame = "") {
  return "{" + top + R"( "frames": [{)" + frame + R"( "file_path": "./a/r 1.png",
    "transform_matrix": )" +
         kMatrix + "}]}";
}

const char kK[] = R"("w": 640, "h": 480, "fl_x": 500, "fl_y": 400.0, "cx": 322, "cy": 238,)";

TEST(FormatsTransforms, ByHand) {
  for (const bool in_frame : {false, true}) {
    const CameraSet set = Read(in_frame ? File("", kK) : File(kK));
    ASSERT_EQ(set.cameras.size(), 1u);
    ExpectCamera(set.cameras[0], LeftByHand());
    EXPECT_EQ(set.cameras[0].name, "r_1");
    EXPECT_EQ(set.cameras[0].image, "./a/r 1.png");
    ASSERT_EQ(set.conventions.size(), 2u);
    EXPECT_PRED2(Contains, set.conventions[0], "from the image's corner");
    EXPECT_PRED2(Contains, set.conventions[1], "OpenGL");
  }
}

TEST(FormatsTransforms, Lenses) {
  CalibratedCamera by_hand = LeftByHand();
  by_hand.camera.lens = {0.1, -0.05, 0.001, -0.002, 0.003};
  const std::string lens =
      R"("k1": 0.1, "k2": -0.05, "p1": 0.001, "p2": -0.002, "k3": 0.003, "k4": 0,)";
  ExpectCamera(Read(File(kK + lens + R"("camera_model": "OPENCV",)")).cameras[0], by_hand);
  LensDistortion& l = by_hand.camera.lens;
  l = {};
  l.is_fisheye = true;
  l.k1 = 0.1, l.k2 = -0.01, l.k3 = 0.003, l.k4 = 0.0004;
  const std::string fisheye = R"("k1": 0.1, "k2": -0.01, "k3": 0.003, "k4": 0.0004,)";
  ExpectCamera(Read(File(kK + fisheye + R"("camera_model": "OPENCV_FISHEYE",)")).cameras[0],
               by_hand);
  ExpectCamera(Read(File(kK + fisheye + R"("is_fisheye": true,)")).cameras[0], by_hand);
}

// NeRF's own files: an angle, and the size of the pictures from elsewhere.
TEST(FormatsTransforms, AngleAndSizeFromOutside) {
  const std::string text = File(R"("camera_angle_x": 1.5707963267948966,)");
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(text); }), "w is missing; --image_size");
  CameraReadOptions options;
  options.image_size = HeightWidth{600, 800};
  const CameraSet set = Read(text, options);
  CalibratedCamera by_hand = LeftByHand();
  by_hand.camera = {800, 600, 400, 400, 400, 300};
  EXPECT_LE(DifferenceOf(set.cameras[0], by_hand), 1e-12);
  EXPECT_PRED2(Contains, set.conventions[2], "the image's middle");
  options.pixel_center = 0;  // counts otherwise, but the middle stays the middle
  EXPECT_LE(DifferenceOf(Read(text, options).cameras[0], by_hand), 1e-12);
  EXPECT_EQ(Read(File(kK), options).cameras[0].camera.cx_px, 322.5);
  // Of the other axis alone.
  const Camera camera =
      Read(File(R"("w": 800, "h": 600, "camera_angle_y": 1.0,)")).cameras[0].camera;
  EXPECT_NEAR(camera.fy_px, 300 / std::tan(0.5), 1e-10);
  EXPECT_EQ(camera.fx_px, camera.fy_px);
}

TEST(FormatsTransforms, FramesOverride) {
  const CameraSet set = Read(File(kK + std::string(R"("applied_scale": 2,)"), R"("cx": 300,)"));
  CalibratedCamera by_hand = LeftByHand();
  by_hand.camera.cx_px = 300;
  EXPECT_LE(DifferenceOf(set.cameras[0], by_hand), 1e-12);
  ASSERT_EQ(set.conventions.size(), 4u);
  EXPECT_PRED2(Contains, set.conventions[2], "go before the file's");
  EXPECT_PRED2(Contains, set.conventions[3], "applied_scale is not undone");
}

TEST(FormatsTransforms, RoundTrips) {
  const TempFolder folder;
  CameraSet set = testing::RandomSet("transforms", 5, false);
  testing::ExpectRoundTrip("transforms", "transforms", set, folder / "a.json");
  set.cameras.resize(2);  // equal cameras: intrinsics once
  set.cameras[0].mask = "m.png";
  testing::ExpectRoundTrip("transforms", "transforms", set, folder / "b.json");
  EXPECT_EQ(nlohmann::json::parse(ReadFile(folder / "b.json"))["frames"][0].size(), 3u);
  EXPECT_EQ(ReadCameras("transforms:" + (folder / "b.json").string(), {}).cameras[0].mask, "m.png");
  for (CalibratedCamera& camera : set.cameras) {
    camera.camera.lens = {};
    camera.camera.lens.is_fisheye = true;
    camera.camera.lens.k4 = 1e-3 / 3;
  }
  testing::ExpectRoundTrip("transforms", "transforms", set, folder / "c.json");
}

TEST(FormatsTransforms, WritesByHand) {
  CameraSet set;
  set.cameras = {LeftByHand()};
  set.cameras[0].name = "left";
  const TempFolder folder;
  WriteCameras("transforms:" + (folder / "t.json").string(), set);
  const nlohmann::json file = nlohmann::json::parse(ReadFile(folder / "t.json"));
  EXPECT_EQ(file["fl_x"], 500);
  EXPECT_EQ(file["cx"], 322);
  EXPECT_EQ(file["cy"], 238);
  EXPECT_NEAR(file["camera_angle_x"].get<double>(), 2 * std::atan(0.64), 1e-15);
  EXPECT_EQ(file["camera_model"], "OPENCV");
  EXPECT_EQ(file["frames"][0]["file_path"], "left.png");
  const nlohmann::json matrix = nlohmann::json::parse(kMatrix);
  for (size_t i = 0; i < 16; ++i) {
    EXPECT_NEAR(file["frames"][0]["transform_matrix"][i / 4][i % 4].get<double>(),
                matrix[i / 4][i % 4].get<double>(), 1e-15);
  }
}

TEST(FormatsTransforms, RefusesWhatItCannotWrite) {
  const TempFolder folder;
  const std::string as = "transforms:" + (folder / "t.json").string();
  CameraSet set = testing::RandomSet("transforms", 5, true);
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras(as, set); }), "a fisheye and another lens");
  set = testing::RandomSet("transforms", 8, false);
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras(as, set); }), "k4, k5, k6");
  set = testing::RandomSet("transforms", 4, false);
  set.cameras[1].image = "\xff.png";
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras(as, set); }), "not UTF-8");
  set.has_poses = false;
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras(as, set); }), "not known");
  EXPECT_FALSE(std::filesystem::exists(folder / "t.json"));
}

TEST(FormatsTransforms, BadInput) {
  const std::string k = kK;
  const auto expect = [](const std::string& text, const std::string& message) {
    EXPECT_PRED2(Contains, ErrorOf([&] { Read(text); }), message);
  };
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const std::string good = File(k);
  expect(good.substr(0, good.size() / 2), "transforms.json: line ");
  expect("[]", "an object is needed");
  expect("{}", "frames must be a list");
  expect(R"({"frames": {}})", "frames must be a list");
  expect(R"({"frames": [3]})", "frames[0] must be an object");
  expect(R"({"frames": []})", "has no camera");
  expect(replaced(good, "500", "\"500\""), "fl_x is");
  expect(replaced(good, "322", "\"a\""), "transforms.json: cx is");
  expect(replaced(good, "500", "-500"), "a focal length must be positive");
  expect(replaced(good, "500", "1e999"), "out of range");
  expect(replaced(good, "640", "640.5"), "transforms.json: w is 640.5; a whole number");
  expect(replaced(good, "640", "1e12"), "w is 1e+12; a whole number");
  expect(replaced(good, "\"h\": 480,", ""), "h is missing; --image_size");
  expect(replaced(good, "\"fl_x\": 500, \"fl_y\": 400.0,", ""),
         "fl_x (or camera_angle_x) is missing");
  expect(replaced(good, "\"fl_x\": 500,", "\"camera_angle_x\": 3.2,"),
         "camera_angle_x is 3.2; an angle between 0 and pi");
  expect(replaced(good, "[0, 0, -1, -3]", "[0, 0, -1]"), "transform_matrix[2] must be a list of");
  expect(replaced(good, "-3", "null"), "frames[0].transform_matrix[2][3] is \"null\"");
  expect(replaced(good, "[0, 0, 0, 1]", "[0, 0, 0, 2]"),
         "the last row of the matrix must be 0 0 0");
  expect(replaced(good, "[0, 0, -1, -3]", "[0, 0, 1, -3]"), "a reflection, not a rotation");
  expect(replaced(good, "[[0, -1", "[[0, -2"), "transform_matrix: not a rotation");
  expect(replaced(good, "transform_matrix", "matrix"), "frames[0].transform_matrix is missing");
  expect(replaced(good, "\"./a/r 1.png\"", "7"), "frames[0].file_path must be a string");
  expect(File(k + R"("camera_model": "EQUIRECTANGULAR",)"),
         "camera_model is \"EQUIRECTANGULAR\", which is not supported");
  expect(File(k + R"("camera_model": "OPENCV_FISHEYE", "p1": 1,)"), "p1 is 1; a fisheye has none");
  expect(File(k + R"("k4": 0.1,)"), "k4 is 0.1; only a fisheye's is known");
  expect(File(k + R"("k1": -3,)"), "the lens");
  expect(File(k, R"("ftheta_p0": 1,)"), "frames[0].ftheta_p0: this kind of camera");
  expect(File(k + R"("rolling_shutter": [0, 0, 1, 0],)"), "a rolling shutter is not supported");
  const std::string frame =
      R"({"file_path": "a", "transform_matrix": )" + std::string(kMatrix) + "}";
  expect("{" + k + "\"frames\": [" + frame + "," + frame + "]}",
         "frames[1].file_path is \"a\", which another frame has");
  EXPECT_PRED2(Contains, ErrorOf([] { ReadCameras("transforms:/none.json", {}); }),
               "/none.json: no such file");
}

}  // namespace
}  // namespace ceres_align
