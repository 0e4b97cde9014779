// COLMAP's models against files written by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "ceres_align/base/text.h"
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

CameraSet Read(const TempFolder& folder, const CameraReadOptions& options = {}) {
  return ReadCameras("colmap:" + folder.path().string(), options);
}

// As COLMAP writes them: w x y z.
const char kCamerasTxt[] =
    "# Camera list with one line of data per camera:\n"
    "#   CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
    "# Number of cameras: 2\n"
    "3 PINHOLE 640 480 500 400 322 238\n"
    "1 OPENCV 800 600 700 710 401.5 297.25 0.1 -0.05 0.001 -0.002\n";
const char kImagesTxt[] =
    "# Image list with two lines of data per image:\n"
    "5 0.70710678118654757 0 0 0.70710678118654757 1 2 3 3 left/P1.JPG\n"
    "12.5 13.5 7 1784.7 268.254 -1\n"
    "9 0.70710678118654757 0 0.70710678118654757 0 -1 0.5 4 1 P 2.JPG\n"
    "\n";

// A quarter turn about y: x_cam = (z, y, -x) + (-1, 0.5, 4).
CalibratedCamera RightByHand() {
  CalibratedCamera c;
  c.camera = {800, 600, 700, 710, 401.5, 297.25};
  c.camera.lens = {0.1, -0.05, 0.001, -0.002};
  c.cam_from_reference = Rigid3d((Eigen::Matrix3d() << 0, 0, 1, 0, 1, 0, -1, 0, 0).finished(),
                                 Eigen::Vector3d(-1, 0.5, 4));
  return c;
}

TEST(FormatsColmap, TextByHand) {
  const TempFolder folder;
  folder.Write("cameras.txt", kCamerasTxt);
  folder.Write("images.txt", kImagesTxt);
  const CameraSet set = Read(folder);
  ASSERT_EQ(set.cameras.size(), 2u);
  ExpectCamera(set.cameras[0], LeftByHand());
  ExpectCamera(set.cameras[1], RightByHand());
  EXPECT_EQ(set.cameras[0].name, "P1");
  EXPECT_EQ(set.cameras[0].image, "left/P1.JPG");
  EXPECT_EQ(set.cameras[1].name, "P_2");
  EXPECT_EQ(set.cameras[1].image, "P 2.JPG");
  // A point by COLMAP's equations: (0.5, -0.25, 2) -> (1.25, 2.5, 5) -> (447, 438).
  const Eigen::Vector2d px = set.cameras[0].camera.Project(set.cameras[0].cam_from_reference *
                                                           Eigen::Vector3d(0.5, -0.25, 2));
  EXPECT_NEAR(px.x(), 447, 1e-12);
  EXPECT_NEAR(px.y(), 438, 1e-12);
  ASSERT_EQ(set.conventions.size(), 1u);
  EXPECT_PRED2(Contains, set.conventions[0], "(0.5, 0.5), COLMAP's rule");
  CameraReadOptions options;
  options.pixel_center = 0;
  const CameraSet shifted = Read(folder, options);
  EXPECT_EQ(shifted.cameras[0].camera.cx_px, 322.5);
  EXPECT_PRED2(Contains, shifted.conventions[0], "half a pixel added");
}

TEST(FormatsColmap, ModelsByHand) {
  const TempFolder folder;
  folder.Write("cameras.txt",
               "1 SIMPLE_PINHOLE 640 480 500 322 238\n"
               "2 SIMPLE_RADIAL 640 480 500 322 238 -0.02\n"
               "3 RADIAL 640 480 500 322 238 -0.02 0.003\n"
               "5 OPENCV_FISHEYE 640 480 500 501 322 238 .01 .002 .003 .004\n"
               "6 SIMPLE_RADIAL_FISHEYE 640 480 500 322 238 .01\n"
               "7 FISHEYE 640 480 500 501 322 238\n"
               "4 FULL_OPENCV 640 480 500 501 322 238 .01 .02 .003 .004 .05 .06 .07 .08\n");
  std::string images;
  for (int i = 1; i <= 7; ++i) {
    images += Format("%d 1 0 0 0 0 0 0 %d %d.png\n\n", i, i, i);
  }
  folder.Write("images.txt", images);
  const CameraSet set = Read(folder);
  ASSERT_EQ(set.cameras.size(), 7u);
  CalibratedCamera by_hand;
  by_hand.camera = {640, 480, 500, 500, 322, 238};
  EXPECT_EQ(DifferenceOf(set.cameras[0], by_hand), 0);
  by_hand.camera.lens.k1 = -0.02;
  EXPECT_EQ(DifferenceOf(set.cameras[1], by_hand), 0);
  by_hand.camera.lens.k2 = 0.003;
  EXPECT_EQ(DifferenceOf(set.cameras[2], by_hand), 0);
  by_hand.camera.fy_px = 501;
  // Fields by name: COLMAP's order is k1 k2 p1 p2 k3 k4 k5 k6.
  LensDistortion& l = by_hand.camera.lens;
  l.k1 = .01, l.k2 = .02, l.k3 = .05, l.k4 = .06, l.k5 = .07, l.k6 = .08;
  l.p1 = .003, l.p2 = .004;
  EXPECT_EQ(DifferenceOf(set.cameras[3], by_hand), 0);
  l = {};
  l.is_fisheye = true;
  EXPECT_EQ(DifferenceOf(set.cameras[6], by_hand), 0);
  l.k1 = .01, l.k2 = .002, l.k3 = .003, l.k4 = .004;
  EXPECT_EQ(DifferenceOf(set.cameras[4], by_hand), 0);
  l.k2 = l.k3 = l.k4 = 0;
  by_hand.camera.fy_px = 500;
  EXPECT_EQ(DifferenceOf(set.cameras[5], by_hand), 0);
  // 45 degrees off the axis: theta = pi/4, so u = f theta + cx where there is no lens but that.
  EXPECT_NEAR(set.cameras[6].camera.Project({1, 0, 1}).x(), 500 * M_PI / 4 + 322, 1e-10);
}

// Bytes as COLMAP's WriteBinaryLittleEndian puts them.
class Bytes {
 public:
  Bytes& U8(uint8_t v) { return Put(v, 1); }
  Bytes& U32(uint32_t v) { return Put(v, 4); }
  Bytes& U64(uint64_t v) { return Put(v, 8); }
  Bytes& F64(std::initializer_list<double> values) {
    for (const double v : values) {
      uint64_t bits;
      std::memcpy(&bits, &v, 8);
      Put(bits, 8);
    }
    return *this;
  }
  Bytes& Text(const char* text) {
    bytes_.append(text, std::strlen(text) + 1);
    return *this;
  }
  operator std::string() const { return bytes_; }

 private:
  Bytes& Put(uint64_t v, int n) {
    for (int i = 0; i < n; ++i) bytes_ += static_cast<char>((v >> (8 * i)) & 255);
    return *this;
  }
  std::string bytes_;
};

constexpr uint32_t kPinhole = 1, kOpenCv = 4, kFov = 7;

Bytes CamerasBin() {
  return Bytes()
      .U64(2)
      .U32(3)
      .U32(kPinhole)
      .U64(640)
      .U64(480)
      .F64({500, 400, 322, 238})
      .U32(1)
      .U32(kOpenCv)
      .U64(800)
      .U64(600)
      .F64({700, 710, 401.5, 297.25, 0.1, -0.05, 0.001, -0.002});
}
Bytes ImagesBin() {
  return Bytes()
      .U64(2)
      .U32(5)
      .F64({kHalf, 0, 0, kHalf, 1, 2, 3})
      .U32(3)
      .Text("left/P1.JPG")
      .U64(2)
      .F64({12.5, 13.5})
      .U64(7)
      .F64({1784.7, 268.254})
      .U64(~uint64_t{0})
      .U32(9)
      .F64({kHalf, 0, kHalf, 0, -1, 0.5, 4})
      .U32(1)
      .Text("P 2.JPG")
      .U64(0);
}

TEST(FormatsColmap, BinaryByHand) {
  const TempFolder folder;
  folder.Write("cameras.bin", CamerasBin());
  folder.Write("images.bin", ImagesBin());
  for (const bool text_too : {false, true}) {
    if (text_too) {  // of another camera: not read
      folder.Write("cameras.txt", "3 PINHOLE 64 48 50 40 32 24\n");
      folder.Write("images.txt", "5 1 0 0 0 0 0 0 3 other.jpg\n\n");
    }
    const CameraSet set = Read(folder);
    ASSERT_EQ(set.cameras.size(), 2u);
    ExpectCamera(set.cameras[0], LeftByHand());
    ExpectCamera(set.cameras[1], RightByHand());
    EXPECT_EQ(set.cameras[0].image, "left/P1.JPG");
    EXPECT_EQ(set.conventions.size(), text_too ? 2u : 1u);
  }
}

// cam2_from_world = (quarter turn about y, (.1, .2, .3)) · (quarter turn about z, (1, 2, 3)).
CalibratedCamera SecondOfRigByHand() {
  CalibratedCamera c = RightByHand();
  c.cam_from_reference = Rigid3d((Eigen::Matrix3d() << 0, 0, 1, 1, 0, 0, 0, 1, 0).finished(),
                                 Eigen::Vector3d(3.1, 2.2, -0.7));
  return c;
}

TEST(FormatsColmap, RigsAndFramesByHand) {
  const std::string q = " 0.70710678118654757 ";
  const std::string rigs =
      "# rigs\n7 3 CAMERA 3 CAMERA 1 1" + q + "0" + q + "0 0.1 0.2 0.3 IMU 4 0\n";
  const std::string frames = "2 7" + q + "0 0" + q + "1 2 3 3 CAMERA 3 5 CAMERA 1 9 IMU 4 100\n";
  // COLMAP leaves these poses unread.
  const std::string images = "5 1 0 0 0 0 0 0 3 a.png\n\n9 1 0 0 0 0 0 0 1 b.png\n\n";
  const TempFolder text, binary;
  text.Write("cameras.txt", kCamerasTxt);
  text.Write("rigs.txt", rigs);
  text.Write("frames.txt", frames);
  text.Write("images.txt", images);
  binary.Write("cameras.bin", CamerasBin());
  binary.Write("rigs.bin", Bytes()
                               .U64(1)
                               .U32(7)
                               .U32(3)
                               .U32(0)
                               .U32(3)
                               .U32(0)
                               .U32(1)
                               .U8(1)
                               .F64({kHalf, 0, kHalf, 0, .1, .2, .3})
                               .U32(1)
                               .U32(4)
                               .U8(0));
  binary.Write("frames.bin", Bytes()
                                 .U64(1)
                                 .U32(2)
                                 .U32(7)
                                 .F64({kHalf, 0, 0, kHalf, 1, 2, 3})
                                 .U32(3)
                                 .U32(0)
                                 .U32(3)
                                 .U64(5)
                                 .U32(0)
                                 .U32(1)
                                 .U64(9)
                                 .U32(1)
                                 .U32(4)
                                 .U64(100));
  binary.Write("images.bin", Bytes()
                                 .U64(2)
                                 .U32(5)
                                 .F64({1, 0, 0, 0, 0, 0, 0})
                                 .U32(3)
                                 .Text("a.png")
                                 .U64(0)
                                 .U32(9)
                                 .F64({1, 0, 0, 0, 0, 0, 0})
                                 .U32(1)
                                 .Text("b.png")
                                 .U64(0));
  for (const TempFolder* folder : {&text, &binary}) {
    const CameraSet set = Read(*folder);
    ASSERT_EQ(set.cameras.size(), 2u);
    ExpectCamera(set.cameras[0], LeftByHand());
    ExpectCamera(set.cameras[1], SecondOfRigByHand());
    ASSERT_EQ(set.conventions.size(), 3u);
    EXPECT_PRED2(Contains, set.conventions[1], "rigs and frames");
    EXPECT_PRED2(Contains, set.conventions[2], "2 of 2 images have another pose");
  }
  const auto error_of = [&](const char* file, const std::string& bytes) {
    const TempFolder bad;
    std::filesystem::copy(text.path(), bad.path(), std::filesystem::copy_options::recursive);
    bad.Write(file, bytes);
    return ErrorOf([&] { Read(bad); });
  };
  const auto expect = [&](const char* file, const std::string& bytes, const std::string& message) {
    EXPECT_PRED2(Contains, error_of(file, bytes), message);
  };
  expect("rigs.txt", "7 2 CAMERA 3 CAMERA 1 0\n", "rigs.txt: line 1: camera 1 has no pose on its");
  expect("rigs.txt", "7 2 CAMERA 3 CAMERA 3 0\n", "line 1: camera 3 is on the rig twice");
  expect("rigs.txt", "7 2 CAMERA 3 LIDAR 1 0\n", "SENSOR_TYPE is \"LIDAR\"");
  expect("rigs.txt", "7 99999999999 CAMERA 3\n", "line 1 ends where SENSOR_TYPE is expected");
  expect("rigs.txt", "7 1 CAMERA 3 CAMERA 1\n", "\"CAMERA 1\" is too much");
  expect("rigs.txt", "8 1 CAMERA 3\n", "frames.txt: line 1: rig 7 is not in the rigs file");
  expect("rigs.txt", rigs + rigs, "rigs.txt: line 4: rig 7 is there already");
  expect("frames.txt", frames + frames, "frames.txt: line 2: frame 2 is there already");
  expect("frames.txt", "2 7 1 0 0 0 1 2 3 1 CAMERA 3 5\n", "image 9 is in no frame");
  expect("frames.txt", "2 7 1 0 0 0 1 2 3 2 CAMERA 3 5 CAMERA 8 9\n",
         "images.txt: line 3: image 9 is of camera 1; its frame (");
  expect("frames.txt", "2 7 1 0 0 0 1 2 3 2 CAMERA 3 5 CAMERA 3 5\n", "image 5 is in two frames");
  expect("frames.txt", "2 7 0 0 0 0 1 2 3 1 CAMERA 3 5\n", "has the length 0; it must be 1");
}

TEST(FormatsColmap, RoundTrips) {
  CameraSet set = testing::RandomSet("colmap");
  const TempFolder text, binary;
  testing::ExpectRoundTrip("colmap", "colmap", set, text / "model");
  testing::ExpectRoundTrip("colmap_bin", "colmap_bin", set, binary / "model");
  // A second time into the same folder.
  set.cameras.pop_back();
  testing::ExpectRoundTrip("colmap", "colmap_bin", set, text / "model");
  // Two of the cameras are one.
  const std::string cameras = ReadFile(text / "model" / "cameras.txt");
  EXPECT_EQ(std::count(cameras.begin(), cameras.end(), '\n'), 1 + 3);
  for (const char* name : {"rigs", "cameras", "frames", "images", "points3D"}) {
    EXPECT_TRUE(std::filesystem::exists(text / "model" / (std::string(name) + ".txt"))) << name;
    EXPECT_TRUE(std::filesystem::exists(binary / "model" / (std::string(name) + ".bin"))) << name;
  }
}

TEST(FormatsColmap, WritesWhatColmapReads) {
  CameraSet set;
  CalibratedCamera left = LeftByHand(), right = RightByHand();
  left.name = "left";
  right.name = "right";
  right.image = "r.jpg";
  set.cameras = {left, right};
  const TempFolder folder;
  WriteCameras("colmap_bin:" + folder.path().string(), set);
  EXPECT_EQ(ReadFile(folder / "cameras.bin"),
            std::string(Bytes()
                            .U64(2)
                            .U32(1)
                            .U32(kPinhole)
                            .U64(640)
                            .U64(480)
                            .F64({500, 400, 322, 238})
                            .U32(2)
                            .U32(kOpenCv)
                            .U64(800)
                            .U64(600)
                            .F64({700, 710, 401.5, 297.25, 0.1, -0.05, 0.001, -0.002})));
  const Eigen::Quaterniond &l = left.cam_from_reference.rotation,
                           &r = right.cam_from_reference.rotation;
  EXPECT_NEAR(std::abs(l.w()), kHalf, 1e-15);
  EXPECT_EQ(ReadFile(folder / "images.bin"),
            std::string(Bytes()
                            .U64(2)
                            .U32(1)
                            .F64({l.w(), l.x(), l.y(), l.z(), 1, 2, 3})
                            .U32(1)
                            .Text("left.png")
                            .U64(0)
                            .U32(2)
                            .F64({r.w(), r.x(), r.y(), r.z(), -1, 0.5, 4})
                            .U32(2)
                            .Text("r.jpg")
                            .U64(0)));
  EXPECT_EQ(ReadFile(folder / "points3D.bin"), std::string(Bytes().U64(0)));
  WriteCameras("colmap:" + folder.path().string(), set);
  EXPECT_PRED2(Contains, ReadFile(folder / "cameras.txt"), "\n1 PINHOLE 640 480 500 400 322 238\n");
  EXPECT_PRED2(Contains, ReadFile(folder / "images.txt"), " 1 2 3 1 left.png\n\n2 ");
  EXPECT_PRED2(Contains, ReadFile(folder / "rigs.txt"), "\n1 1 CAMERA 1\n2 1 CAMERA 2\n");
  EXPECT_PRED2(Contains, ReadFile(folder / "frames.txt"), " 1 CAMERA 2 2\n");
}

TEST(FormatsColmap, RefusesWhatItCannotWrite) {
  const TempFolder folder;
  const std::string path = (folder / "m").string();
  CameraSet set = testing::RandomSet("colmap");
  set.cameras[1].image = "photo 1.jpg";
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras("colmap:" + path, set); }),
               "image \"photo 1.jpg\" has a blank");
  EXPECT_EQ(ErrorOf([&] { WriteCameras("colmap_bin:" + path + "b", set); }), "no error");
  set.cameras[1].image = set.cameras[0].image;
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras("colmap:" + path, set); }), "is there twice");
  set.has_poses = false;
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteCameras("colmap:" + path, set); }), "not known");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FormatsColmap, BadText) {
  const std::string cameras = kCamerasTxt, images = kImagesTxt;
  const auto expect = [&](const std::string& c, const std::string& i, const std::string& message) {
    const TempFolder folder;
    folder.Write("cameras.txt", c);
    folder.Write("images.txt", i);
    EXPECT_PRED2(Contains, ErrorOf([&] { Read(folder); }), message);
  };
  const std::string first = "3 PINHOLE 640 480 500 400 322 238\n";
  expect("3 BROWN 640 480 500\n", images, "cameras.txt: line 1: MODEL is \"BROWN\"");
  expect("3 FOV 640 480 500 500 322 238 0.9\n", images,
         "camera model FOV is not supported; undistort");
  expect("3 PINHOLE 640 480 500 400 322\n", images, "PINHOLE has 3 parameters; 4 are needed");
  expect("3 PINHOLE 640 480 500 400 322 238 1\n", images, "has 5 parameters; 4 are needed");
  expect("3 PINHOLE 640 480 nan 400 322 238\n", images, "a parameter is \"nan\"; a finite number");
  expect("3 PINHOLE 640 480 -500 400 322 238\n", images, "a focal length must be positive");
  expect("3 PINHOLE 0 480 500 400 322 238\n", images, "the image is 0x480 px");
  expect("3 PINHOLE 99999999999 480 500 400 322 238\n", images, "the image is 99999999999x480 px");
  expect("3 PINHOLE 64x 480 500 400 322 238\n", images, "WIDTH is \"64x\"; a whole number");
  expect("-3 PINHOLE 640 480 500 400 322 238\n", images, "CAMERA_ID is \"-3\"");
  expect("3 PINHOLE 640\n", images, "cameras.txt: line 1 ends where HEIGHT is expected");
  expect("3 RADIAL 640 480 500 322 238 -2 0\n", images, "cameras.txt: line 1: the lens");
  expect(first + first, images, "cameras.txt: line 2: camera 3 is there already");
  expect(first, images, "images.txt: line 4: camera 1 is not in the cameras file");
  expect(cameras, "5 0 0 0 0 1 2 3 3 a.png\n\n", "images.txt: line 1: the quaternion 0 0 0 0");
  expect(cameras, "5 2 0 0 0 1 2 3 3 a.png\n\n", "has the length 2; it must be 1");
  expect(cameras, "5 1 0 0 0 1 inf 3 3 a.png\n\n", "is \"inf\"; a finite number is needed");
  expect(cameras, "5 1 0 0 0 1 2 3 3\n\n", "line 1 ends where NAME is expected");
  expect(cameras, "5 1 0 0 0 1 2 3 3 a.png\n\n5 1 0 0 0 1 2 3 3 b.png\n\n",
         "images.txt: line 3: image 5 is there already");
  // Without the lines of points COLMAP would take every second image for points.
  expect(cameras, "5 1 0 0 0 1 2 3 3 a.png\n6 1 0 0 0 1 2 3 3 b.png\n",
         "images.txt: line 2: \"b.png\" among POINTS2D is no number");
  expect(cameras, "5 1 0 0 0 1 2 3 3 a.png\n1 2\n", "line 2: POINTS2D has 2 numbers");
  expect(cameras, "# nothing\n", "has no camera");
}

TEST(FormatsColmap, BadBinary) {
  const std::string cameras = CamerasBin(), images = ImagesBin();
  const auto error_of = [&](const std::string& c, const std::string& i) {
    const TempFolder folder;
    folder.Write("cameras.bin", c);
    folder.Write("images.bin", i);
    return ErrorOf([&] { Read(folder); });
  };
  const auto expect = [&](const std::string& c, const std::string& i, const std::string& message) {
    EXPECT_PRED2(Contains, error_of(c, i), message);
  };
  // Cut anywhere, it is refused.
  for (size_t n = 0; n < cameras.size(); ++n) {
    expect(cameras.substr(0, n), images, "cameras.bin: byte ");
  }
  for (size_t n = 0; n < images.size(); ++n) {
    expect(cameras, images.substr(0, n), "images.bin: byte ");
  }
  expect("", images, "cameras.bin: byte 0: the file ends inside the number of cameras");
  expect(cameras + "x", images, "1 bytes are left behind the last item");
  const uint64_t huge = ~uint64_t{0} / 3;
  expect(Bytes().U64(huge), images, "byte 0: the number of cameras is 6148914691236517205; the");
  expect(cameras, Bytes().U64(huge),
         "images.bin: byte 0: the number of images is 6148914691236517");
  expect(cameras, Bytes().U64(1).U32(5).F64({1, 0, 0, 0, 1, 2, 3}).U32(3).Text("a").U64(huge),
         "images.bin: byte 74: an image's number of points is");
  expect(cameras, Bytes().U64(1).U32(5).F64({1, 0, 0, 0, 1, 2, 3}).U32(3).Text("").U64(0),
         "images.bin: byte 8: the image has no name");
  expect(
      cameras,
      std::string(Bytes().U64(1).U32(5).F64({1, 0, 0, 0, 1, 2, 3}).U32(3)) + std::string(100, 'a'),
      "images.bin: byte 72: an image's name has no end");
  expect(Bytes().U64(1).U32(3).U32(99).U64(640).U64(480).F64({1}), images,
         "cameras.bin: byte 8: the camera's model is 99");
  expect(Bytes().U64(1).U32(3).U32(kFov).U64(640).U64(480).F64({500, 500, 320, 240, 0.9}), images,
         "cameras.bin: byte 8: camera model FOV is not supported");
  expect(
      Bytes().U64(1).U32(3).U32(kPinhole).U64(uint64_t{1} << 40).U64(480).F64({500, 400, 322, 238}),
      images, "the image is 1099511627776x480 px");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  expect(Bytes().U64(1).U32(3).U32(kPinhole).U64(640).U64(480).F64({nan, 400, 322, 238}), images,
         "cameras.bin: byte 8: K[0][0] is not finite");
  expect(cameras, Bytes().U64(1).U32(5).F64({0, 0, 0, 0, 1, 2, 3}).U32(3).Text("a").U64(0),
         "images.bin: byte 12: the quaternion 0 0 0 0 (w x y z) has the length 0");
  expect(cameras, Bytes().U64(1).U32(5).F64({1, 0, 0, 0, 1, nan, 3}).U32(3).Text("a").U64(0),
         "images.bin: byte 12: the translation 1 nan 3 is not finite");
}

TEST(FormatsColmap, NoModel) {
  const TempFolder folder;
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(folder); }), "no COLMAP model: neither cameras.bin");
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadCameras("colmap:/none/there", {}); }),
               "/none/there: no such folder");
  folder.Write("cameras.txt", kCamerasTxt);
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(folder); }), "no COLMAP model");
}

}  // namespace
}  // namespace ceres_align
