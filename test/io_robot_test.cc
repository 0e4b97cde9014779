// Joint states, matrices in files, camera_info, COLLADA.
#include <gtest/gtest.h>

#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/npy.h"
#include "io_testing.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

const std::vector<std::string> kJoints = {"a1", "a2", "slide"};

Eigen::MatrixXd Expected() {
  return (Eigen::MatrixXd(2, 3) << 0.5, -1.25, 0.1, 1, 2e-3, -0.2).finished();
}

TEST(IoJointStates, EverySeparatorAndHeaderGivesTheSame) {
  const TempFolder folder;
  for (const char* text : {"0.5,-1.25,0.1\n1,2e-3,-0.2\n", "0.5;-1.25; 0.1\r\n1;2e-3;-0.2\r\n",
                           "  0.5 -1.25\t0.1 \n\n1 2e-3 -0.2",
                           "# made by hand\n0.5,-1.25,0.1\n# between\n1,2e-3,-0.2\n",
                           "a1,a2,slide\n0.5,-1.25,0.1\n1,2e-3,-0.2\n",
                           "\xEF\xBB\xBF\"slide\" ; \"a1\"; a2\n0.1;0.5;-1.25\n-0.2;1;2e-3\n",
                           "# time a2 a1 slide\n7 -1.25 0.5 0.1\n8 2e-3 1 -0.2\n"}) {
    EXPECT_EQ(ReadJointStates(folder.Write("q.csv", text), kJoints), Expected()) << text;
  }
}

TEST(IoJointStates, NpyGivesTheSame) {
  const TempFolder folder;
  WriteNpy(folder / "q.npy", NpyFromMatrix(Expected()));
  EXPECT_EQ(ReadJointStates(folder / "q.npy", kJoints), Expected());
}

TEST(IoJointStates, WrittenStatesComeBackToTheBit) {
  const TempFolder folder;
  Eigen::MatrixXd states(1, 3);
  states << 1.0 / 3, -std::sqrt(2.0) * 1e-7, 1e5 / 7;
  EXPECT_EQ(ReadJointStates(folder.Write("q.csv", JointStatesCsv(states, kJoints)), kJoints),
            states);
}

TEST(IoJointStates, ErrorsNameFileLineAndValue) {
  const TempFolder folder;
  const auto expect = [&](const std::string& text, const std::string& part) {
    const auto path = folder.Write("q.csv", text);
    const std::string message = ErrorOf([&] { ReadJointStates(path, kJoints); });
    EXPECT_PRED2(Contains, message, "q.csv: ") << text;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  expect("1,2\n", "line 1: 2 values; the robot has 3 movable joints");
  expect("1,2,3\n1,2,3,4\n", "line 2: 4 values; the robot has 3");
  expect("a1,a2\n1,2\n", "line 1: no column is named \"slide\"");
  expect("a1,a2,slide,a2\n", "two columns are named \"a2\"");
  expect("a1,a2,slide,t\n1,2,3\n", "line 2: 3 values; line 1 names 4");
  expect("1,2,3\n\n1,x2,3\n", "line 3: cell 2 is \"x2\"; a number");
  expect("1,,3\n", "line 1: cell 2 is \"\"");
  expect("1,nan,3\n", "line 1: cell 2 is \"nan\"; a finite");
  expect("a1,a2,slide\n", "has no joint states");
  expect("", "has no joint states");
  Eigen::MatrixXd four(1, 4), infinite(2, 3);
  four.setZero();
  infinite.setZero();
  infinite(1, 2) = std::numeric_limits<double>::infinity();
  WriteNpy(folder / "q.csv", NpyFromMatrix(four));
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadJointStates(folder / "q.csv", kJoints); }),
               "4 columns; the robot has 3");
  WriteNpy(folder / "q.csv", NpyFromMatrix(infinite));
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadJointStates(folder / "q.csv", kJoints); }),
               "row 2: column 3 is not finite");
}

TEST(IoMatrix, RigidTransformationsComeBackToRounding) {
  const TempFolder folder;
  testing::Random random("IoMatrix", 0);
  for (const char* name : {"pose.csv", "pose.npy"}) {
    const Rigid3d pose(random.Rotation(), 3 * random.UnitVector());
    WriteMatrix(folder / name, MatrixOf(pose));
    EXPECT_EQ(ReadMatrix(folder / name), MatrixOf(pose)) << name;
    const Rigid3d back = ReadRigid(folder / name);
    EXPECT_LT((MatrixOf(back) - MatrixOf(pose)).cwiseAbs().maxCoeff(), 1e-14) << name;
  }
}

TEST(IoMatrix, SixDigitsAreARotationFourAreNot) {
  const TempFolder folder;
  const auto rounded = [&](double digits) {
    Eigen::Matrix4d m = MatrixOf({ExpRotation({0.3, -0.2, 0.7}), {1, 2, 3}});
    m = (m * digits).array().round() / digits;
    WriteMatrix(folder / "m.csv", m);
    return folder / "m.csv";
  };
  const Rigid3d read = ReadRigid(rounded(1e6));
  EXPECT_LT((read.R().transpose() * read.R() - Eigen::Matrix3d::Identity()).norm(), 1e-14);
  EXPECT_LT(RotationAngle_rad(read.rotation, ExpRotation({0.3, -0.2, 0.7})), 2e-6);
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadRigid(rounded(1e3)); }), "not a rigid transformation");
}

TEST(IoMatrix, BadMatricesAreNamed) {
  const TempFolder folder;
  const auto expect = [&](const std::string& text, const std::string& part) {
    const auto path = folder.Write("m.csv", text);
    const std::string message = ErrorOf([&] { ReadRigid(path); });
    EXPECT_PRED2(Contains, message, "m.csv: ") << text;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  expect("", "has no numbers");
  expect("1,0,0\n0,1,0\n0,0,1\n", "3 x 3; 4 x 4 is needed");
  expect("1,0,0,0\n0,1,0\n", "line 2: 3 numbers; the rows above have 4");
  expect("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 2\n", "last row is 0 0 0 2");
  expect("1 0 0 0\n0 1 0 0\n0 0 -1 0\n0 0 0 1\n", "reflection");
  expect("1 0 0 0\n0 1.001 0 0\n0 0 1 0\n0 0 0 1\n", "0.002001");
  expect("1 0 0 0\n0 x 0 0\n0 0 1 0\n0 0 0 1\n", "line 2: cell 2 is \"x\"");
}

TEST(IoMatrix, CameraMatrixFollowsThePixelRule) {
  const TempFolder folder;
  const auto path = folder.Write("K.csv", "500 0 319.5\n0 510 239.5\n0 0 1\n");
  const Camera ros = ReadCameraMatrix(path, 640, 480, 0);
  EXPECT_EQ(ros.cx_px, 320);
  EXPECT_EQ(ros.cy_px, 240);
  EXPECT_EQ(ReadCameraMatrix(path, 640, 480, 0.5).cx_px, 319.5);
  EXPECT_EQ(ros.fy_px, 510);
}

const char kCalibrated[] =
    "image_width: 640\nimage_height: 480\ncamera_name: left\ncamera_matrix:\n  rows: 3\n  cols: 3\n"
    "  data: [500.5, 0., 319.5, 0., 510, 239, 0., 0., 1.]\ndistortion_model: plumb_bob\n"
    "distortion_coefficients:\n  rows: 1\n  cols: 5\n  data: [-0.1, 0.02, 0.001, -0.002, 0.003]\n";
const char kEchoed[] =
    "header:\n  stamp:\n    sec: 1\nheight: 480\nwidth: 640\ndistortion_model: plumb_bob\n"
    "d:\n- -0.1\n- 0.02\n- 0.001\n- -0.002\n- 0.003\n"
    "k:\n- 500.5\n- 0.0\n- 319.5\n- 0.0\n- 510.0\n- 239.0\n- 0.0\n- 0.0\n- 1.0\n"
    "binning_x: 0\nbinning_y: 0\nroi:\n  x_offset: 0\n  y_offset: 0\n---\n";

TEST(IoCameraInfo, BothFormsOfRosGiveTheCameraInOurPixelRule) {
  const TempFolder folder;
  for (const char* text : {kCalibrated, kEchoed}) {
    const Camera camera = ReadCameraInfo(folder.Write("camera.yaml", text));
    EXPECT_EQ(camera.width_px, 640);
    EXPECT_EQ(camera.height_px, 480);
    EXPECT_EQ(camera.fx_px, 500.5);
    EXPECT_EQ(camera.fy_px, 510);
    EXPECT_EQ(camera.cx_px, 320);
    EXPECT_EQ(camera.cy_px, 239.5);
    EXPECT_EQ(camera.lens.k1, -0.1);
    EXPECT_EQ(camera.lens.p2, -0.002);
    EXPECT_EQ(camera.lens.k3, 0.003);
    EXPECT_EQ(camera.lens.k4, 0);
  }
}

TEST(IoCameraInfo, WrittenCamerasComeBack) {
  const TempFolder folder;
  for (const LensDistortion& lens :
       {LensDistortion{}, LensDistortion{-0.1, 0.01, 1e-3, 2e-3, 1e-4},
        LensDistortion{0.1, 0.01, 0, 0, 0, 0.05, 0.002, 0}, testing::TestFisheye()}) {
    Camera camera = testing::TestCamera(320, 200);
    camera.lens = lens;
    const Camera back = ReadCameraInfo(folder.Write("c.yaml", CameraInfoYaml(camera, "c")));
    EXPECT_EQ(back.width_px, camera.width_px);
    EXPECT_EQ(back.fy_px, camera.fy_px);
    EXPECT_NEAR(back.cx_px, camera.cx_px, 1e-13);
    EXPECT_EQ(back.lens.p1, lens.p1);
    EXPECT_EQ(back.lens.k4, lens.k4);
    EXPECT_EQ(back.lens.k5, lens.k5);
    EXPECT_EQ(back.lens.is_fisheye, lens.is_fisheye);
  }
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(IoCameraInfo, ErrorsNameKeyAndValue) {
  const TempFolder folder;
  const auto expect = [&](const std::string& text, const std::string& part) {
    const auto path = folder.Write("c.yaml", text);
    const std::string message = ErrorOf([&] { ReadCameraInfo(path); });
    EXPECT_PRED2(Contains, message, "c.yaml: ") << part;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  expect("", "no camera_info");
  expect("a: [1, 2\nb: {", "line 2: ");
  expect(std::string(300000, '['), "line 1: ");
  expect(With(kCalibrated, "plumb_bob", "equidistant"), "has 5 numbers; a fisheye lens needs");
  expect(With(With(kCalibrated, "plumb_bob", "fisheye"), "distortion_coefficients", "distortion"),
         "distortion_model is fisheye, but D is missing");
  expect(With(kCalibrated, "plumb_bob", "fov"), "\"fov\"; plumb_bob");
  expect(With(kCalibrated, "0.003]", "0.003, 0.5]"), "[5] is 0.5; plumb_bob has 5");
  expect(With(kCalibrated, "plumb_bob", "none"), "[0] is -0.1");
  expect(With(kCalibrated, "640", "640.5"), "image_width is \"640.5\"");
  expect(With(kCalibrated, "image_height: 480\n", ""), "height is missing");
  expect(With(kCalibrated, "510", "x"), "camera_matrix[4] is \"x\"");
  expect(With(kCalibrated, "510, ", ""), "has 8 numbers; 9");
  expect(With(kCalibrated, "510", "-510"), "-510; a focal length must be positive");
  expect(With(kCalibrated, "data: [500", "dat: [500"), "camera_matrix.data is missing");
  expect(With(kCalibrated, "-0.1, 0.02", "-9.1, 0.02"), "folds over");
  expect(With(kEchoed, "binning_x: 0", "binning_x: 2"), "binning_x is \"2\"");
  expect(With(kEchoed, "x_offset: 0", "x_offset: 8"), "roi.x_offset is \"8\"");
}

// One triangle in a node that moves it by 10 along x; millimetres.
std::string Dae(const std::string& up, const std::string& indices) {
  return "<?xml version=\"1.0\"?>\n<COLLADA xmlns=\"http://www.collada.org/2005/11/COLLADASchema\" "
         "version=\"1.4.1\"><asset><unit name=\"millimeter\" meter=\"0.001\"/><up_axis>" +
         up +
         "</up_axis></asset><library_geometries><geometry id=\"g\"><mesh><source id=\"p\">"
         "<float_array id=\"pa\" count=\"9\">1 0 0 0 1 0 0 0 1</float_array><technique_common>"
         "<accessor source=\"#pa\" count=\"3\" stride=\"3\"><param name=\"X\" "
         "type=\"float\"/><param "
         "name=\"Y\" type=\"float\"/><param name=\"Z\" type=\"float\"/></accessor>"
         "</technique_common></source><vertices id=\"v\"><input semantic=\"POSITION\" "
         "source=\"#p\"/>"
         "</vertices><triangles count=\"1\"><input semantic=\"VERTEX\" source=\"#v\" "
         "offset=\"0\"/><p>" +
         indices +
         "</p></triangles></mesh></geometry></library_geometries><library_visual_scenes>"
         "<visual_scene id=\"s\"><node id=\"n\"><translate>10 0 0</translate><instance_geometry "
         "url=\"#g\"/></node></visual_scene></library_visual_scenes><scene><instance_visual_scene "
         "url=\"#s\"/></scene></COLLADA>";
}

TEST(IoDae, UnitAndNodesAreAppliedTheUpAxisIsNot) {
  const TempFolder folder;
  for (const char* up : {"Z_UP", "Y_UP", "X_UP"}) {
    const TriangleMesh mesh = LoadMesh(folder.Write("a.dae", Dae(up, "0 1 2"))).mesh;
    ASSERT_EQ(mesh.faces.size(), 1u);
    const auto corner = [&](int i) { return mesh.vertices[mesh.faces[0][i]]; };
    EXPECT_LT((corner(0) - Eigen::Vector3d(0.011, 0, 0)).norm(), 1e-8) << up;
    EXPECT_LT((corner(1) - Eigen::Vector3d(0.01, 0.001, 0)).norm(), 1e-8) << up;
    EXPECT_LT((corner(2) - Eigen::Vector3d(0.01, 0, 0.001)).norm(), 1e-8) << up;
  }
}

std::string Deep(const std::string& piece) {
  std::string text;
  for (int i = 0; i < 300000; ++i) text += piece;
  return text;
}

TEST(IoDae, BadFilesAreNamed) {
  const TempFolder folder;
  for (const std::string& text :
       {std::string("nonsense"), std::string("<COLLADA/>"), Dae("Z_UP", "0 1 7"),
        Dae("Z_UP", "0 1 2").substr(0, 500), Deep("<node>"), Dae("Z_UP", "0 1"),
        Dae("Z_UP", "0 1 -2"), Dae("Z_UP", "0 1 99999999999999999999"), Dae("Z_UP", "0 1 x"),
        With(Dae("Z_UP", "0 1 2"), "count=\"9\"", "count=\"900000000\""),
        With(Dae("Z_UP", "0 1 2"), "1 0 0 0 1 0", "nan 0 0 0 1 0"),
        With(Dae("Z_UP", "0 1 2"), "source=\"#p\"", "source=\"#q\"")}) {
    const auto path = folder.Write("a.dae", text);
    EXPECT_PRED2(Contains, ErrorOf([&] { LoadMesh(path); }), "a.dae: ") << text;
  }
}

}  // namespace
}  // namespace ceres_align
