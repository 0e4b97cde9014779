// Kalibr, MayaCam 2.0, 4x4 matrices, ROS TF.
#include <yaml-cpp/yaml.h>

#include "ceres_align/io/lens.h"
#include "ceres_align/io/matrix_text.h"
#include "formats_testing.h"

namespace ceres_align::testing {
namespace {

CameraSet Read(const std::string& format, const std::filesystem::path& path,
               const CameraReadOptions& options = {}) {
  return ReadCameras(format + ":" + path.string(), options);
}

// For ErrorsNameFileAndKey: `text` with one thing wrong, and what the message has.
struct Wrong {
  std::string text, part;
};
void ExpectErrors(const std::string& format, const std::string& name,
                  const std::vector<Wrong>& wrongs) {
  const TempFolder folder;
  for (const Wrong& wrong : wrongs) {
    const auto path = folder.Write(name, wrong.text);
    const std::string message = ErrorOf([&] { Read(format, path); });
    EXPECT_PRED2(Contains, message, name) << wrong.part;
    EXPECT_PRED2(Contains, message, wrong.part) << wrong.text;
  }
}

// cam1 is turned by 90 degrees about y, cam2 by 90 degrees about z from there. By hand:
// R2*R1 = [0 -1 0; 1 0 0; 0 0 1]*[0 0 1; 0 1 0; -1 0 0] = [0 -1 0; 0 0 1; -1 0 0],
// t = R2*t1 + t2 = (-0.1, -0.5, 0.25) + (0, 0, 1).
constexpr char kCamchain[] =
    "cam0:\n  camera_model: pinhole\n  intrinsics: [500, 510, 319.5, 230]\n"
    "  distortion_model: radtan\n  distortion_coeffs: [-0.1, 0.02, 0.001, -0.002]\n"
    "  resolution: [640, 480]\n  rostopic: /left\n  cam_overlaps: [1]\n"
    "cam1:\n  T_cn_cnm1:\n  - [0.0, 0.0, 1.0, -0.5]\n  - [0.0, 1.0, 0.0, 0.1]\n"
    "  - [-1.0, 0.0, 0.0, 0.25]\n  - [0.0, 0.0, 0.0, 1.0]\n"
    "  camera_model: pinhole\n  intrinsics: [520, 530, 300, 250]\n"
    "  distortion_model: equidistant\n  distortion_coeffs: [0.01, 0.002, 0.0003, 0.0001]\n"
    "  resolution: [640, 480]\n"
    "cam2:\n  T_cn_cnm1: [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]]\n"
    "  camera_model: pinhole\n  intrinsics: [400, 410, 200, 150]\n  distortion_model: none\n"
    "  distortion_coeffs: []\n  resolution: [400, 320]\n";

TEST(FormatsKalibr, AHandMadeChainMeansWhatKalibrSays) {
  const TempFolder folder;
  CameraSet expected;
  expected.cameras.resize(3);
  expected.cameras[0] = {
      "cam0", {640, 480, 500, 510, 320, 230.5, {-0.1, 0.02, 0.001, -0.002}}, {}, "", ""};
  LensDistortion fisheye;
  fisheye.is_fisheye = true;
  fisheye.k1 = 0.01, fisheye.k2 = 0.002, fisheye.k3 = 0.0003, fisheye.k4 = 0.0001;
  Eigen::Matrix3d R1, R2;
  R1 << 0, 0, 1, 0, 1, 0, -1, 0, 0;
  R2 << 0, -1, 0, 0, 0, 1, -1, 0, 0;
  expected.cameras[1] = {"cam1",
                         {640, 480, 520, 530, 300.5, 250.5, fisheye},
                         Rigid3d(R1, Eigen::Vector3d(-0.5, 0.1, 0.25)),
                         "",
                         ""};
  expected.cameras[2] = {"cam2",
                         {400, 320, 400, 410, 200.5, 150.5},
                         Rigid3d(R2, Eigen::Vector3d(-0.1, -0.5, 1.25)),
                         "",
                         ""};
  ExpectSet(Read("kalibr", folder.Write("camchain.yaml", kCamchain)), expected);
}

TEST(FormatsKalibr, WrittenSetsComeBackFromTheirFirstCamera) {
  const TempFolder folder;
  for (const int coefficients : {0, 4}) {
    const CameraSet set = SomeCameras(4, coefficients, 20 + coefficients);
    WriteCameras("kalibr:" + (folder / "c.yaml").string(), set);
    ExpectSet(Read("kalibr", folder / "c.yaml"), FromFirstCamera(set));
  }
  CameraSet mixed = SomeCameras(2, 4, 25);
  mixed.cameras[1].camera.lens = LensFromFisheye({0.05, -0.01, 0.003, -0.001}, "test");
  WriteCameras("kalibr:" + (folder / "c.yaml").string(), mixed);
  ExpectSet(Read("kalibr", folder / "c.yaml"), FromFirstCamera(mixed));
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFiles("kalibr:x", SomeCameras(2, 5, 1)); }),
               "beyond k1, k2, p1, p2");
}

TEST(FormatsKalibr, ErrorsNameFileAndKey) {
  const std::string text = kCamchain;
  ExpectErrors(
      "kalibr", "c.yaml",
      {{"", "no camchain"},
       {"a: [1, 2\nb: {", "line 2: "},
       {"camera: 1\n", "cam0 is missing"},
       {"cam0: 3\n", "cam0 must have keys"},
       {std::string(300000, '['), "line 1: "},
       {With(text, "pinhole", "omni"), "line 2: cam0.camera_model is \"omni\"; only pinhole"},
       {With(text, "radtan", "fov"), "cam0.distortion_model is \"fov\"; radtan"},
       {With(text, "510", "x"), "cam0.intrinsics[1] is \"x\"; a finite number"},
       {With(text, "510", ".nan"), "cam0.intrinsics[1] is \".nan\""},
       {With(text, "510", "1e999"), "cam0.intrinsics[1] is \"1e999\""},
       {With(text, "510", "1e200"), "is 1e+200 px"},
       {With(text, "500, ", ""), "cam0.intrinsics has 3 numbers; 4"},
       {With(text, "[640, 480]", "[640, 480.5]"), "cam0.resolution"},
       {With(text, "[-0.1, ", "["), "cam0.distortion_coeffs has 3"},
       {With(text, "-0.1", "-9"), "folds over"},
       {With(text, "  T_cn_cnm1:\n", "  T_x:\n"), "cam1.T_cn_cnm1 is missing"},
       {With(text, "0.0, 1.0, 0.0, 0.1", "0.0, 2.0, 0.0, 0.1"), "cam1.T_cn_cnm1: not a rotation"},
       {With(text, "0.0, 1.0, 0.0, 0.1", "0.0, -1.0, 0.0, 0.1"), "reflection"},
       {With(text, "- [0.0, 0.0, 0.0, 1.0]", "- [0.0, 0.0, 0.0, 2.0]"), "last row"},
       {With(text, "  - [0.0, 0.0, 0.0, 1.0]\n", ""), "four rows of four"}});
}

TEST(FormatsKalibr, DamagedFilesAreRefusedInOneLine) {
  EXPECT_GT(ReadDamaged("kalibr", "c.yaml", kCamchain, {}, 800), 200);
}

constexpr char kMayaCam[] =
    "image size\n1760,1600\n\ncamera matrix\n6167.5,0,803.25\n0,6165.75,865.5\n0,0,1\n\n"
    "rotation\n0,0,1\n0,1,0\n-1,0,0\n\ntranslation\n-16.5\n-77.75\n901.5\n";

// Autoscoper's own reading of the file (libautoscoper's loadMayaCam2, repeated here in matrices)
// has the camera look along −z of axes x, y up, z, and the principal point's y from the bottom.
TEST(FormatsMayaCam, AHandMadeFileMeansWhatXmalabAndAutoscoperSay) {
  const TempFolder folder;
  const CameraSet set = Read("mayacam", folder.Write("cam01.txt", kMayaCam));
  Eigen::Matrix3d R;
  R << 0, 0, 1, 0, 1, 0, -1, 0, 0;
  const Eigen::Vector3d t(-16.5, -77.75, 901.5);
  CameraSet expected;
  expected.cameras.push_back(
      {"cam01", {1760, 1600, 6167.5, 6165.75, 803.75, 866}, Rigid3d(R, t), "", ""});
  ExpectSet(set, expected);

  const Eigen::Vector3d flip(-1, 1, -1);
  const Eigen::Matrix3d R_flipped = flip.asDiagonal() * R;
  Eigen::Matrix3d world_from_gl = R_flipped.transpose();
  const Eigen::Vector3d center = -world_from_gl * (flip.asDiagonal() * t);
  world_from_gl.col(0) *= -1;
  world_from_gl.col(1) *= -1;
  const Eigen::Vector3d point(31, -12, 7);
  const Eigen::Vector3d in_gl = world_from_gl.transpose() * (point - center);
  const double u = 6167.5 * in_gl.x() / -in_gl.z() + 803.25;
  const double v_from_bottom = 6165.75 * in_gl.y() / -in_gl.z() + (1600 - 1 - 865.5);
  const CalibratedCamera& camera = set.cameras[0];
  const Eigen::Vector2d seen = camera.camera.Project(camera.cam_from_reference * point);
  EXPECT_NEAR(seen.x(), u + 0.5, 1e-9);
  EXPECT_NEAR(seen.y(), 1600 - 1 - v_from_bottom + 0.5, 1e-9);
}

TEST(FormatsMayaCam, WrittenSetsComeBack) {
  const TempFolder folder;
  const CameraSet set = SomeCameras(3, 0, 30);
  WriteCameras("mayacam:" + (folder / "cams").string(), set);
  ExpectSet(Read("mayacam", folder / "cams"), set);
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFiles("mayacam:x", SomeCameras(1, 4, 1)); }),
               "has a lens distortion that");
}

TEST(FormatsMayaCam, ErrorsNameFileAndLine) {
  const std::string text = kMayaCam;
  ExpectErrors("mayacam", "c.txt",
               {{"", "empty"},
                {"1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n", "MayaCam 1.0"},
                {"image\n", "line 1 is \"image\"; \"image size\" is needed"},
                {With(text, "1760,1600", "1760"), "line 2 has 1 numbers; 2"},
                {With(text, "1760,1600", "1760,0"), "line 2: "},
                {With(text, "6165.75", "x"), "line 6: cell 2 is \"x\""},
                {With(text, "6165.75", "nan"), "line 6: cell 2 is \"nan\""},
                {With(text, "6165.75", "1e99"), "is 1e+99 px"},
                {With(text, "0,6165.75", "3,6165.75"), "a skew is not supported"},
                {With(text, "0,1,0\n-1", "0,-1,0\n-1"), "rotation: det R is -1"},
                {With(text, "0,1,0\n-1", "0,1.1,0\n-1"), "rotation: not a rotation"},
                {With(text, "901.5\n", ""), "ends where"},
                {text + "7\n", "more than the translation"}});
  const TempFolder folder;
  EXPECT_PRED2(Contains, ErrorOf([&] { Read("mayacam", folder.path()); }), "has no file that ends");
}

TEST(FormatsMayaCam, DamagedFilesAreRefusedInOneLine) {
  EXPECT_GT(ReadDamaged("mayacam", "c.txt", kMayaCam, {}, 800), 200);
}

TEST(FormatsMatrix, HandMadeMatricesOfBothDirections) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "p");
  // The camera's centre is at (1, 2, 3); it looks along the world's +x, the world's -z is down.
  folder.Write("p/left.csv", "0,-1,0,2\n0,0,-1,3\n1,0,0,-1\n0,0,0,1\n");
  folder.Write("p/left_K.csv", "500,0,319.5\n0,510,230\n0,0,1\n");
  folder.Write("p/left_dist.txt", "-0.1 0.02 0.001 -0.002\n");
  CameraReadOptions options;
  options.image_size = {480, 640};
  options.pixel_center = 0;
  const CameraSet set = Read("matrix_cam_from_world", folder / "p", options);
  Eigen::Matrix3d R;
  R << 0, -1, 0, 0, 0, -1, 1, 0, 0;
  CameraSet expected;
  expected.cameras.push_back({"left",
                              {640, 480, 500, 510, 320, 230.5, {-0.1, 0.02, 0.001, -0.002}},
                              Rigid3d(R, Eigen::Vector3d(2, 3, -1)),
                              "",
                              ""});
  ExpectSet(set, expected);
  EXPECT_LT(
      (set.cameras[0].cam_from_reference.TargetOriginInSource() - Eigen::Vector3d(1, 2, 3)).norm(),
      1e-12);
  // One file, the other way, with a K beside it.
  folder.Write("p/left.csv", "0,0,1,1\n-1,0,0,2\n0,-1,0,3\n0,0,0,1\n");
  ExpectSet(Read("matrix_world_from_cam", folder / "p/left.csv", options), expected);
}

TEST(FormatsMatrix, WrittenSetsComeBack) {
  const TempFolder folder;
  CameraReadOptions options;
  options.image_size = {480, 640};
  for (const char* format : {"matrix_cam_from_world", "matrix_world_from_cam", "npy_cam_from_world",
                             "npy_world_from_cam"}) {
    for (const int coefficients : {0, 4, 8}) {
      CameraSet set = SomeCameras(3, coefficients, 40 + coefficients);
      for (CalibratedCamera& camera : set.cameras) camera.camera.width_px = 640;
      const std::filesystem::path path = folder / (format + std::to_string(coefficients));
      WriteCameras(format + (":" + path.string()), set);
      ExpectSet(Read(format, path, options), set);
    }
    CameraSet poses = SomeCameras(2, 0, 45);
    poses.has_intrinsics = false;
    WriteCameras(format + (":" + (folder / format).string()), poses);
    ExpectSet(Read(format, folder / format), poses);
  }
}

TEST(FormatsMatrix, ErrorsNameFileAndLine) {
  const std::string format = "matrix_cam_from_world";
  ExpectErrors(format, "c.csv",
               {{"", "has no numbers"},
                {"1,0,0\n0,1,0\n0,0,1\n", "3 x 3; 4 x 4"},
                {"1 0 0 0\n0 x 0 0\n0 0 1 0\n0 0 0 1\n", "line 2: cell 2 is \"x\""},
                {"1 0 0 0\n0 nan 0 0\n0 0 1 0\n0 0 0 1\n", "line 2: cell 2 is \"nan\""},
                {"1 0 0 0\n0 1 0 0\n0 0 -1 0\n0 0 0 1\n", "reflection"},
                {"1 0 0 0\n0 2 0 0\n0 0 1 0\n0 0 0 1\n", "not a rigid"},
                {"1 0 0 5\n0 1 0 5\n0 0 1 5\n0 0 1 1\n", "last row"},
                {"1 0 0 5\n0 1 0 5\n0 0 1 5\n", "3 x 4; 4 x 4"}});
  const TempFolder folder;
  const std::string I = "1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n", K = "9 0 4\n0 9 4\n0 0 1\n";
  folder.Write("a.csv", I);
  folder.Write("a_K.csv", K);
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(format, folder.path()); }), "--image_size");
  folder.Write("b.csv", I);
  CameraReadOptions options;
  options.image_size = {8, 8};
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(format, folder.path(), options); }), "b_K is missing");
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(format, folder / "no.csv"); }), "no such file");
}

TEST(FormatsRosTf, TransformsAreTheCamerasPlacesInTheWorld) {
  const CameraSet set = SomeCameras(2, 0, 50);
  const std::vector<ExportedFile> files = CameraFiles("ros_tf:x.yaml", set);
  ASSERT_EQ(files.size(), 1u);
  const YAML::Node list = YAML::Load(files[0].bytes);
  ASSERT_EQ(list.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(list[i]["header"]["frame_id"].as<std::string>(), "world");
    EXPECT_EQ(list[i]["child_frame_id"].as<std::string>(), set.cameras[i].name + "_optical_frame");
    const YAML::Node transform = list[i]["transform"];
    const auto number = [&](const char* part, const char* axis) {
      return transform[part][axis].as<double>();
    };
    const Eigen::Quaterniond rotation(number("rotation", "w"), number("rotation", "x"),
                                      number("rotation", "y"), number("rotation", "z"));
    const Eigen::Vector3d place(number("translation", "x"), number("translation", "y"),
                                number("translation", "z"));
    // A point on the camera's axis, seen from the world.
    const Eigen::Vector3d in_world = rotation * Eigen::Vector3d(0, 0, 2) + place;
    const Eigen::Vector3d in_cam = set.cameras[i].cam_from_reference * in_world;
    EXPECT_LT((in_cam - Eigen::Vector3d(0, 0, 2)).norm(), 1e-12);
  }
  EXPECT_PRED2(Contains, files[0].bytes, "static_transform_publisher --x ");
  EXPECT_PRED2(Contains, ErrorOf([] { ReadCameras("ros_tf:x.yaml", {}); }), "written, not read");
}

}  // namespace
}  // namespace ceres_align::testing
