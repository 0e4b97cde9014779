// OpenCV's FileStorage: calibrateCamera's and stereoCalibrate's files.
#include <opencv2/core.hpp>

#include "ceres_align/formats/opencv_calibration.h"
#include "ceres_align/io/lens.h"
#include "formats_testing.h"

namespace ceres_align::testing {
namespace {

// Camera 2 is turned by 90 degrees about y: it looks along camera 1's −x. Hand-made.
constexpr char kStereo[] =
    "%YAML:1.0\n---\n"
    "image_width: 640\nimage_height: 480\n"
    "M1: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
    "   data: [ 500., 0., 319.5, 0., 510., 230., 0., 0., 1. ]\n"
    "D1: !!opencv-matrix\n   rows: 1\n   cols: 5\n   dt: d\n"
    "   data: [ -0.1, 0.02, 0.001, -0.002, 0.003 ]\n"
    "M2: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
    "   data: [ 520., 0., 300., 0., 530., 250., 0., 0., 1. ]\n"
    "D2: !!opencv-matrix\n   rows: 8\n   cols: 1\n   dt: d\n"
    "   data: [ 0.1, 0.01, 0., 0., 0., 0.05, 0.002, 0. ]\n"
    "R: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
    "   data: [ 0., 0., 1., 0., 1., 0., -1., 0., 0. ]\n"
    "T: !!opencv-matrix\n   rows: 3\n   cols: 1\n   dt: d\n   data: [ -0.5, 0.1, 0.25 ]\n";

CameraSet ExpectedStereo() {
  CameraSet set;
  CalibratedCamera first, second;
  first.name = "camera1";
  first.camera = {640, 480, 500, 510, 320, 230.5, {-0.1, 0.02, 0.001, -0.002, 0.003}};
  second.name = "camera2";
  second.camera = {640, 480, 520, 530, 300.5, 250.5, {0.1, 0.01, 0, 0, 0, 0.05, 0.002, 0}};
  Eigen::Matrix3d R;
  R << 0, 0, 1, 0, 1, 0, -1, 0, 0;
  second.cam_from_reference = Rigid3d(R, Eigen::Vector3d(-0.5, 0.1, 0.25));
  set.cameras = {first, second};
  return set;
}

CameraSet Read(const std::filesystem::path& path, const CameraReadOptions& options = {}) {
  return ReadCameras("opencv:" + path.string(), options);
}

TEST(FormatsOpenCv, AHandMadeStereoFileMeansWhatOpenCvSays) {
  const TempFolder folder;
  const CameraSet set = Read(folder.Write("stereo.yml", kStereo));
  ExpectSet(set, ExpectedStereo());
  ASSERT_EQ(set.conventions.size(), 2u);
  EXPECT_PRED2(Contains, set.conventions[0], "half a pixel added");
  EXPECT_PRED2(Contains, set.conventions[1], "x2 = R*x1 + T");
  // A point on camera 1's axis, 2 in front of it, is at (2 - 0.5, 0.1, 0.25) in camera 2.
  const Eigen::Vector3d seen = set.cameras[1].cam_from_reference * Eigen::Vector3d(0, 0, 2);
  EXPECT_LT((seen - Eigen::Vector3d(1.5, 0.1, 0.25)).norm(), 1e-12);
}

// The same set whichever of the usual names a program chose, in XML and JSON too.
TEST(FormatsOpenCv, TheUsualKeysOfOthers) {
  const TempFolder folder;
  std::string text = kStereo;
  for (const auto& [ours, theirs] :
       std::vector<std::pair<std::string, std::string>>{{"M1", "cameraMatrix1"},
                                                        {"M2", "cameraMatrix2"},
                                                        {"D1", "distCoeffs1"},
                                                        {"D2", "dist_coeffs2"}}) {
    text = With(text, ours + ":", theirs + ":");
  }
  text = With(text, "image_width: 640\nimage_height: 480", "imageSize: [ 640, 480 ]");
  ExpectSet(Read(folder.Write("s.yaml", text)), ExpectedStereo());
  const std::string json =
      R"({"imageSize": [640, 480], "K_1": [[500, 0, 319.5], [0, 510, 230], [0, 0, 1]],)"
      R"( "D_1": [-0.1, 0.02, 0.001, -0.002, 0.003, 0, 0, 0, 0, 0, 0, 0],)"
      R"( "K_2": [520, 0, 300, 0, 530, 250, 0, 0, 1], "D_2": [0.1, 0.01, 0, 0, 0, 0.05, 0.002, 0],)"
      R"( "R": [0, 1.5707963267948966, 0], "T": [-0.5, 0.1, 0.25]})";
  ExpectSet(Read(folder.Write("s.json", json)), ExpectedStereo());
  const std::string xml =
      "<?xml version=\"1.0\"?>\n<opencv_storage>\n<image_Width>640</image_Width>"
      "<image_Height>480</image_Height>\n<Camera_Matrix type_id=\"opencv-matrix\"><rows>3</rows>"
      "<cols>3</cols><dt>d</dt><data>500. 0. 319.5 0. 510. 230. 0. 0. 1.</data></Camera_Matrix>\n"
      "<Distortion_Coefficients type_id=\"opencv-matrix\"><rows>5</rows><cols>1</cols><dt>d</dt>"
      "<data>-0.1 0.02 0.001 -0.002 0.003</data></Distortion_Coefficients>\n</opencv_storage>\n";
  const CameraSet one = Read(folder.Write("left.xml", xml));
  ASSERT_EQ(one.cameras.size(), 1u);
  EXPECT_EQ(one.cameras[0].name, "left");
  EXPECT_FALSE(one.has_poses);
  EXPECT_EQ(CameraDifference(one.cameras[0].camera, ExpectedStereo().cameras[0].camera), 0);
}

TEST(FormatsOpenCv, PixelCenterAndSizeOfTheOptions) {
  const TempFolder folder;
  CameraReadOptions options;
  options.pixel_center = 0.5;
  const CameraSet set = Read(folder.Write("s.yml", kStereo), options);
  EXPECT_EQ(set.cameras[0].camera.cx_px, 319.5);
  EXPECT_PRED2(Contains, set.conventions[0], "--pixel_center");
  const std::string no_size = With(kStereo, "image_width: 640\nimage_height: 480\n", "");
  const auto path = folder.Write("n.yml", no_size);
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(path); }), "n.yml: has no image size; --image_size");
  options = {};
  options.image_size = {480, 640};
  ExpectSet(Read(path, options), ExpectedStereo());
}

TEST(FormatsOpenCv, ExtrinsicsAlone) {
  const TempFolder folder;
  const std::string text = kStereo;
  const std::string alone = "%YAML:1.0\n---\n" + text.substr(text.find("R: "));
  const CameraSet set = Read(folder.Write("extrinsics.yml", alone));
  EXPECT_FALSE(set.has_intrinsics);
  CameraSet expected = ExpectedStereo();
  expected.has_intrinsics = false;
  ExpectSet(set, expected);
}

TEST(FormatsOpenCv, WrittenSetsComeBack) {
  const TempFolder folder;
  for (const char* format : {"opencv", "opencv_xml"}) {
    for (const int coefficients : {0, 4, 5, 8}) {
      for (const int count : {1, 2, 5}) {
        const CameraSet set = SomeCameras(count, coefficients, 10 * count + coefficients);
        const std::string file = format + (":" + (folder / "cameras.x").string());
        WriteCameras(file, set);
        ExpectSet(ReadCameras(file, {}), set);
      }
    }
  }
}

TEST(FormatsOpenCv, FisheyeCamerasComeBackAsFisheye) {
  const TempFolder folder;
  CameraSet set = SomeCameras(2, 0, 4);
  set.cameras[1].camera.lens = LensFromFisheye({0.05, -0.01, 0.003, -0.001}, "test");
  const std::string file = "opencv:" + (folder / "c.yml").string();
  WriteCameras(file, set);
  const CameraSet back = ReadCameras(file, {});
  ExpectSet(back, set);
  EXPECT_FALSE(back.cameras[0].camera.lens.is_fisheye);
  EXPECT_TRUE(back.cameras[1].camera.lens.is_fisheye);
  const std::string K = "camera_matrix: [500, 0, 319.5, 0, 510, 230, 0, 0, 1]\n";
  const CameraSet one = Read(folder.Write(
      "f.yml", "%YAML:1.0\n---\nimage_width: 640\nimage_height: 480\nfisheye_model: 1\n" + K +
                   "distortion_coefficients: [0.1, 0.02, 0.003, 0.0004]\n"));
  EXPECT_TRUE(one.cameras[0].camera.lens.is_fisheye);
  EXPECT_EQ(one.cameras[0].camera.lens.k4, 0.0004);
}

TEST(FormatsOpenCv, TwoCamerasAreWrittenAsStereoCalibrateWouldHaveThem) {
  const TempFolder folder;
  const CameraSet set = SomeCameras(2, 5, 3);
  const std::filesystem::path path = folder / "c.yml";
  WriteCameras("opencv:" + path.string(), set);
  cv::FileStorage file(path.string(), cv::FileStorage::READ);
  cv::Mat R, T, K;
  file["R"] >> R;
  file["T"] >> T;
  file["cameraMatrix2"] >> K;
  const Rigid3d relative =
      set.cameras[1].cam_from_reference * Inverse(set.cameras[0].cam_from_reference);
  EXPECT_NEAR(R.at<double>(0, 2), relative.R()(0, 2), 1e-15);
  EXPECT_NEAR(T.at<double>(1, 0), relative.translation[1], 1e-15);
  EXPECT_NEAR(K.at<double>(0, 2), set.cameras[1].camera.cx_px - 0.5, 1e-12);
}

TEST(FormatsOpenCv, ErrorsNameFileKeyAndValue) {
  const TempFolder folder;
  const auto expect = [&](const std::string& text, const std::string& part) {
    const auto path = folder.Write("c.yml", text);
    const std::string message = ErrorOf([&] { Read(path); });
    EXPECT_PRED2(Contains, message, "c.yml: ") << part;
    EXPECT_LT(message.size(), 300u) << message;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  const std::string text = kStereo;
  expect("", "empty");
  expect("a: 1\n", "no FileStorage");
  expect("%YAML:1.0\n---\na: 1\n", "has no camera matrix");
  expect("%YAML:1.0\n---\na: " + std::string(100000, '['), "nested deeper");
  expect("%YAML:1.0\n---\na:\n   " + std::string(100000, '-'), "dashes");
  expect("<a>" + std::string(100000, '<'), "c.yml: ");
  expect(With(text, "D1:", "fisheye_model: 1\nD1:"), "D1 has 5 numbers; a fisheye lens needs");
  expect(With(text, "D1:", "distortion_model: omni\nD1:"), "\"omni\"; only pinhole");
  expect(With(text, "510.", "x"), "M1.data[4] is \"x\"; a number");
  expect(With(text, "510.", ".Nan"), "M1.data[4] is nan; a finite");
  expect(With(text, "510.", ".Inf"), "M1.data[4] is infinite; a finite");
  expect(With(text, "510.", "-510."), "K[1][1] is -510");
  expect(With(text, "510.", "1e300"), "K[1][1] is 1e+300");
  expect(With(text, "510., ", ""), "M1.data has 8 numbers; 3 x 3 are needed");
  expect(With(text, "rows: 3", "rows: 1000000000"), "M1.rows is 1e+09");
  expect(With(text, "rows: 3", "rows: 1048576"), "1048576 x 3 are needed");
  expect(With(text, "rows: 3", "row: 3"), "M1.rows is missing");
  expect(With(text, "rows: 3", "rows: 3.5"), "M1.rows is 3.5");
  expect(With(text, "640", "640.5"), "image_width and height: \"480,640.5\"");
  expect(With(text, "image_height: 480\n", ""), "image_height is missing");
  expect(With(text, "-0.1, 0.02", "-0.1"), "D1.data has 4 numbers; 1 x 5 are needed");
  expect(With(text, "T:", "U:"), "T is missing");
  expect(With(text, "0., 1., 0., -1.", "0., 1., 0., 1."), "reflection");
  expect(With(text, "0., 1., 0., -1.", "0., 2., 0., -1."), "not a rotation");
  expect(With(text, "M1:", "K: [ 1 ]\nM1:"), "are camera matrices");
  const std::string thin =
      With(With(text, "cols: 5", "cols: 12"), "0.003 ]", "0.003, 0, 0, 0, 0, 0, 0.5, 0 ]");
  expect(thin, "D1[10] is 0.5; the thin prism");
  expect(With(text, "-0.1, 0.02", "-9, 0.02"), "folds over");
  expect(With(With(text, "-0.1, 0.02", "-9, 0.02"),
              "M1:", "camera_name1: " + std::string(500, 'n') + "\nM1:"),
         "folds over");
}

TEST(FormatsOpenCv, ASetThatTheFileCannotHold) {
  CameraSet set = SomeCameras(2, 0, 1);
  set.has_intrinsics = false;
  EXPECT_PRED2(Contains, ErrorOf([&] { CameraFiles("opencv:x", set); }), "intrinsics");
}

TEST(FormatsOpenCv, DamagedFilesAreRefusedInOneLine) {
  EXPECT_GT(ReadDamaged("opencv", "c.yml", kStereo, {}, 800), 200);
  const std::string xml = WriteOpenCvXml(SomeCameras(2, 5, 1))[0].bytes;
  EXPECT_GT(ReadDamaged("opencv", "c.xml", xml, {}, 800), 200);
}

}  // namespace
}  // namespace ceres_align::testing
