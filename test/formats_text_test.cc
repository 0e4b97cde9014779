// The table of cameras, TUM's trajectory and MeshLab's project, against lines written by hand.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>

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

constexpr double kHalf = 0.70710678118654757;  // sqrt(1/2)

const char kLine[] =
    "\"left\",640,480,500,400,322,238,0.70710678118654757,0,0,0.70710678118654757,1,2,3,opencv,"
    "0,0,0,0,0,0,0,0,\"photos/a, b.png\",\"\"\n";

CameraSet Read(const std::string& text) {
  const TempFolder folder;
  return ReadCameras("text:" + folder.Write("cameras.csv", text).string(), {});
}

CameraSet LeftSet() {
  CameraSet set;
  set.cameras = {LeftByHand()};
  set.cameras[0].name = "left";
  return set;
}

std::string Written(const std::string& format, const CameraSet& set) {
  const TempFolder folder;
  WriteCameras(format + ":" + (folder / "out").string(), set);
  return ReadFile(folder / "out");
}

std::vector<double> Numbers(const std::string& text) {
  std::istringstream in(text);
  std::vector<double> numbers;
  for (double v; in >> v;) numbers.push_back(v);
  return numbers;
}

void ExpectNear(const std::vector<double>& found, const std::vector<double>& by_hand) {
  ASSERT_EQ(found.size(), by_hand.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], by_hand[i], 1e-14) << i;
}

TEST(FormatsText, TableByHand) {
  const CameraSet set = Read(std::string("# a comment\n\n") + kLine);
  ASSERT_EQ(set.cameras.size(), 1u);
  ExpectCamera(set.cameras[0], LeftByHand());
  EXPECT_EQ(set.cameras[0].image, "photos/a, b.png");
  CalibratedCamera by_hand = LeftByHand();
  LensDistortion& l = by_hand.camera.lens;
  std::string line = kLine;
  line.replace(line.find("0,0,0,0,0,0,0,0"), 15, ".1,.02,.003,.004,.05,.06,.07,.08");
  l.k1 = .1, l.k2 = .02, l.p1 = .003, l.p2 = .004, l.k3 = .05, l.k4 = .06, l.k5 = .07, l.k6 = .08;
  EXPECT_LE(DifferenceOf(Read(line).cameras[0], by_hand), 1e-15);
  line = kLine;
  line.replace(line.find("opencv,0,0,0,0,0,0"), 18, "fisheye,.1,.02,0,0,.003,.004");
  l = {};
  l.is_fisheye = true;
  l.k1 = .1, l.k2 = .02, l.k3 = .003, l.k4 = .004;
  EXPECT_LE(DifferenceOf(Read(line).cameras[0], by_hand), 1e-15);
}

TEST(FormatsText, TableRoundTrips) {
  const TempFolder folder;
  CameraSet set = testing::RandomSet("table");
  set.cameras[0].image = "a b, c.png";
  testing::ExpectRoundTrip("text", "text", set, folder / "cameras.csv");
  set.cameras[0].image = "a\"b";
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("text", set); }), "has a quote");
  set.has_poses = false;
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("text", set); }), "not known");
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("tum", set); }), "not known");
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("mlp", set); }), "not known");
  set.has_poses = true;
  set.has_intrinsics = false;  // a trajectory alone
  for (const char* format : {"text", "mlp", "colmap", "colmap_bin", "transforms"}) {
    EXPECT_PRED2(Contains, ErrorOf([&] { Written(format, set); }), "only their poses are")
        << format;
  }
  EXPECT_PRED2(Contains, Written("tum", set), "\n0 ");
}

TEST(FormatsText, BadTables) {
  const auto expect = [](const std::string& from, const std::string& to,
                         const std::string& message) {
    std::string line = kLine;
    const size_t at = line.find(from);
    ASSERT_NE(at, std::string::npos);
    line.replace(at, from.size(), to);
    EXPECT_PRED2(Contains, ErrorOf([&] { Read("#\n" + line); }), message);
  };
  expect("640", "", "cameras.csv: line 2: cell 2 is \"\"; a number is needed");
  expect("640", "640.5", "cell 2 is 640.5; a whole number");
  expect("640", "1e99", "cell 2 is 1e+99; a whole number");
  expect("500", "-500", "line 2: K[0][0] is -500; a focal length must be positive");
  expect("500", "nan", "cell 4 is \"nan\"; a finite number is needed");
  expect("opencv", "brown", "cell 15 is \"brown\"; opencv and fisheye are known");
  expect("opencv,0,0,0", "fisheye,0,0,1", "cell 18 is 1; a fisheye has k1 to k4");
  expect(",\"\"", "", "has 24 cells; 25 are needed");
  expect("0.70710678118654757,0,0,0.70710678118654757", "0,0,0,0",
         "has the length 0; it must be 1");
  expect("1,2,3", "1,inf,3", "cell 13 is \"inf\"");
  expect("\n", std::string("\n") + kLine, "line 3: camera \"left\" is there already");
  EXPECT_PRED2(Contains, ErrorOf([] { Read("# none\n"); }), "has no camera");
}

// The camera stands at (-2, 1, -3), turned back by a quarter turn about z.
TEST(FormatsText, TumByHand) {
  CameraSet set = LeftSet();
  set.cameras.push_back(set.cameras[0]);
  set.cameras[1].cam_from_reference = Rigid3d();
  const std::string text = Written("tum", set);
  const size_t first = text.find('\n') + 1, second = text.find('\n', first) + 1;
  EXPECT_EQ(text.substr(0, first), "# timestamp tx ty tz qx qy qz qw\n");
  ExpectNear(Numbers(text.substr(first, second - first)), {0, -2, 1, -3, 0, 0, -kHalf, kHalf});
  ExpectNear(Numbers(text.substr(second)), {1, 0, 0, 0, 0, 0, 0, 1});
  EXPECT_PRED2(Contains, ErrorOf([] { ReadCameras("tum:x", {}); }), "tum is written, not read");
}

std::vector<double> Attribute(const std::string& text, const std::string& name) {
  std::smatch match;
  EXPECT_TRUE(std::regex_search(text, match, std::regex(name + "=\"([^\"]*)\""))) << name;
  return Numbers(match[1]);
}

TEST(FormatsText, MeshLabByHand) {
  CameraSet set = LeftSet();
  set.cameras[0].image = "a&<b>.png";
  const std::string text = Written("mlp", set);
  ExpectNear(Attribute(text, "TranslationVector"), {2, -1, 3, 1});
  ExpectNear(Attribute(text, "RotationMatrix"),
             {0, -1, 0, 0, -1, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1});
  ExpectNear(Attribute(text, "FocalMm"), {500});
  ExpectNear(Attribute(text, "PixelSizeMm"), {1, 1.25});
  ExpectNear(Attribute(text, "ViewportPx"), {640, 480});
  ExpectNear(Attribute(text, "CenterPx"), {322, 242});
  EXPECT_PRED2(Contains, text, "fileName=\"a&amp;&lt;b&gt;.png\"");
  set.cameras[0].camera.lens.k1 = 0.1;
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("mlp", set); }), "camera \"left\" has a lens");
  set = LeftSet();
  set.cameras[0].name = "a\nb";
  EXPECT_PRED2(Contains, ErrorOf([&] { Written("mlp", set); }), "control character");
}

// vcglib's equations: p = R (x - C) with depth -p.z, Project, LocalToViewportPx; y counts upwards.
TEST(FormatsText, MeshLabSeesWhatOurCameraSees) {
  CameraSet set = testing::RandomSet("mlp", 0, false);
  const std::string text = Written("mlp", set);
  testing::Random random("mlp points", 0);
  size_t at = 0;
  for (const CalibratedCamera& c : set.cameras) {
    at = text.find("<VCGCamera", at + 1);
    const std::string tag = text.substr(at, text.find("/>", at) - at);
    const auto tra = Attribute(tag, "TranslationVector"), rot = Attribute(tag, "RotationMatrix"),
               f = Attribute(tag, "FocalMm"), pixel = Attribute(tag, "PixelSizeMm"),
               center = Attribute(tag, "CenterPx"), size = Attribute(tag, "ViewportPx");
    const Eigen::Vector3d in_cam(random.Uniform(-1, 1), random.Uniform(-1, 1), 3);
    const Eigen::Vector3d x = Inverse(c.cam_from_reference) * in_cam;
    Eigen::Vector3d p = Eigen::Vector3d::Zero();
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) p[i] += rot[4 * i + k] * (x[k] + tra[k]);
    }
    const double u = f[0] * p.x() / -p.z() / pixel[0] + center[0];
    const double v = f[0] * p.y() / -p.z() / pixel[1] + center[1];
    const Eigen::Vector2d px = c.camera.Project(in_cam);
    EXPECT_NEAR(u, px.x(), 1e-9);
    EXPECT_NEAR(size[1] - v, px.y(), 1e-9);
  }
}

}  // namespace
}  // namespace ceres_align
