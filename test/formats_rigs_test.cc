// Kalibr, MayaCam 2.0, 4x4 matrices, ROS TF.
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "ceres_align/io/files.h"
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

// A block of the docs' indented lines that begins with `first_line`; parts apart by empty lines.
std::string DocsBlock(const std::string& page, const std::string& first_line) {
  std::istringstream lines(ReadFile(std::string(CERES_ALIGN_SOURCE_DIR "/docs/") + page));
  std::string text;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    inside = inside || line == "    " + first_line;
    if (inside && !line.empty() && line.rfind("    ", 0) != 0) break;
    if (inside) text += (line.empty() ? "" : line.substr(4)) + "\n";
  }
  EXPECT_FALSE(text.empty()) << page << ": " << first_line;
  return text;
}

// The part behind the line that names it, up to the next empty line.
std::string Part(const std::string& block, const std::string& name) {
  const size_t begin = block.find(name + "\n");
  EXPECT_NE(begin, std::string::npos) << name;
  const size_t from = begin + name.size() + 1;
  return block.substr(from, block.find("\n\n", from) + 1 - from);
}

TEST(Docs, ExamplesOfCameraFilesAreRead) {
  const TempFolder folder;
  const std::string rigs = "formats-rigs.md", others = "formats.md";
  CameraReadOptions options;
  options.image_size = {480, 640};
  const CameraSet opencv =
      Read("opencv", folder.Write("stereo.yml", DocsBlock(rigs, "%YAML:1.0")), options);
  ASSERT_EQ(opencv.cameras.size(), 2u);
  EXPECT_EQ(opencv.cameras[0].camera.cy_px, 230.5);
  EXPECT_TRUE(opencv.has_poses);
  const CameraSet kalibr = Read("kalibr", folder.Write("camchain.yaml", DocsBlock(rigs, "cam0:")));
  ASSERT_EQ(kalibr.cameras.size(), 2u);
  EXPECT_TRUE(kalibr.cameras[1].camera.lens.is_fisheye);
  options.rig_form = RigForm::kPyTorch3dRow;
  const std::string pasted = DocsBlock(rigs, "# pasted from the script");
  EXPECT_EQ(Read("pytorch3d", folder.Write("rt.txt", pasted), options).cameras.size(), 2u);
  const std::string maya = DocsBlock(rigs, "image size");
  EXPECT_EQ(Read("mayacam", folder.Write("maya.txt", maya)).cameras[0].camera.width_px, 1760);
  const std::string transforms = DocsBlock(others, "{");
  CameraSet left = Read("transforms", folder.Write("transforms.json", transforms));
  ASSERT_EQ(left.cameras.size(), 1u);
  EXPECT_EQ(left.cameras[0].camera.lens.k1, 0.1);
  left.cameras[0].camera.lens = {};
  ExpectCamera(left.cameras[0], LeftByHand());
  const std::string table =
      DocsBlock(others,
                "# name,width,height,fx,fy,cx,cy,qw,qx,qy,qz,tx,ty,tz,lens,k1,k2,p1,p2,k3,k4,k5,k6,"
                "image,mask");
  ExpectCamera(Read("text", folder.Write("cameras.txt", table)).cameras.at(0), LeftByHand());
}

TEST(Docs, ExamplesOfFoldersAreRead) {
  const TempFolder folder;
  for (const char* name : {"poses", "lm", "lm/test", "lm/test/000002", "sparse"}) {
    std::filesystem::create_directories(folder / name);
  }
  const std::string matrices =
      DocsBlock("formats-rigs.md",
                "make_scene --import matrix_cam_from_world:poses --image_size \"(480,640)\" "
                "--export kalibr:camchain.yaml");
  for (const char* file : {"poses/left.csv", "poses/K.csv"}) {
    folder.Write(file, Part(matrices, file));
  }
  CameraReadOptions options;
  options.image_size = {480, 640};
  const CameraSet poses = Read("matrix_cam_from_world", folder / "poses", options);
  ASSERT_EQ(poses.cameras.size(), 1u);
  ExpectCamera(poses.cameras[0], LeftByHand());
  const std::string bop = DocsBlock("formats-rigs.md",
                                    "make_scene --import bop:lm/test/000002 --image_id 3 "
                                    "--object_id 5 --mesh lm/models/obj_000005.ply");
  for (const char* file : {"lm/test/000002/scene_camera.json", "lm/test/000002/scene_gt.json"}) {
    folder.Write(file, Part(bop, file));
  }
  options.image_id = 3;
  options.object_id = 5;
  const CameraSet scene = Read("bop", folder / "lm/test/000002", options);
  ASSERT_TRUE(scene.reference_from_object.has_value());
  EXPECT_EQ(scene.reference_from_object->translation, Eigen::Vector3d(10, -20.5, 800));
  const std::string colmap =
      DocsBlock("formats.md", "sparse/0/cameras.txt   # CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]");
  const size_t images = colmap.find("sparse/0/images.txt");
  ASSERT_NE(images, std::string::npos);
  const auto behind_line = [](const std::string& text) { return text.substr(text.find('\n') + 1); };
  folder.Write("sparse/cameras.txt", behind_line(colmap.substr(0, images)));
  folder.Write("sparse/images.txt", behind_line(colmap.substr(images)));
  const CameraSet sparse = Read("colmap", folder / "sparse");
  ASSERT_EQ(sparse.cameras.size(), 2u);
  ExpectCamera(sparse.cameras[0], LeftByHand());
}

}  // namespace
}  // namespace ceres_align::testing
