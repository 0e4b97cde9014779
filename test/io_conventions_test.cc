#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ceres_align/io/conventions.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;

Eigen::Matrix3d Matrix(const nlohmann::json& rows) {
  Eigen::Matrix3d m;
  for (int i = 0; i < 9; ++i) m(i / 3, i % 3) = rows[i / 3][i % 3].get<double>();
  return m;
}
Eigen::Vector3d Vector(const nlohmann::json& v) {
  return Eigen::Vector3d(v[0].get<double>(), v[1].get<double>(), v[2].get<double>());
}

double Difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

Rigid3d SomePose(double angle_rad, const Eigen::Vector3d& t) {
  return Rigid3d(ExpRotation(angle_rad * Eigen::Vector3d(1, -2, 0.5).normalized()), t);
}

// The equations themselves, on points.
TEST(Conventions, Pytorch3dRowsMapPointsAsOpenCvDoes) {
  const Rigid3d cam_from_world = SomePose(0.7, {1, 2, 3});
  const Pytorch3dPose p = ToPytorch3d(cam_from_world);
  const Eigen::Vector3d x_in_world(0.3, -0.4, 0.9);
  const Eigen::RowVector3d x_p3d = x_in_world.transpose() * p.R + p.T.transpose();
  const Eigen::Vector3d x_cv = cam_from_world * x_in_world;
  EXPECT_NEAR(x_p3d[0], -x_cv[0], 1e-15);  // left, up, forward
  EXPECT_NEAR(x_p3d[1], -x_cv[1], 1e-15);
  EXPECT_NEAR(x_p3d[2], x_cv[2], 1e-15);
  // The camera's centre.
  EXPECT_LT(Difference(-p.R * p.T, cam_from_world.TargetOriginInSource()), 1e-14);
}

TEST(Conventions, Pytorch3dRoundTripIsExact) {
  const OpenCvPose pose = ToOpenCv(SomePose(1.1, {-4, 0.5, 9}));
  const OpenCvPose back = OpenCvFromPytorch3d(Pytorch3dFromOpenCv(pose));
  EXPECT_EQ(back.R, pose.R);
  EXPECT_EQ(back.t, pose.t);
  const Rigid3d cam_from_world = SomePose(2.9, {1, 1, 1});
  const Rigid3d again = FromPytorch3d(ToPytorch3d(cam_from_world), "test");
  EXPECT_LT(RotationAngle_rad(again.rotation, cam_from_world.rotation), 1e-14);
  EXPECT_EQ(again.translation, cam_from_world.translation);
}

// The matrices as PyTorch3D gave them (orthonormal to float's precision only) are compared, before
// they are made orthonormal.
TEST(Conventions, ReferencePosesOfPytorch3dRoundTrip) {
  const std::string folder = std::string(CERES_ALIGN_SHARED_DATA) + "/pytorch3d_ref/";
  std::vector<nlohmann::json> poses;
  for (const char* mesh : {"cow", "teapot"}) {
    for (const char* size : {"256x256", "306x256", "256x306", "612x512"}) {
      std::ifstream in(folder + mesh + "_" + size + ".json");
      if (!in) GTEST_SKIP() << folder << " is absent";
      const nlohmann::json file = nlohmann::json::parse(in);
      for (const nlohmann::json& camera : file["cameras"]) {
        poses.push_back(camera);
        poses.back()["width"] = file["W"];
        poses.back()["height"] = file["H"];
      }
    }
  }
  std::ifstream trials(folder + "basin_trials.json");
  const nlohmann::json trials_file = nlohmann::json::parse(trials);
  for (const nlohmann::json& trial : trials_file["trials"]) poses.push_back(trial);
  ASSERT_EQ(poses.size(), 16u + 72u);
  for (const nlohmann::json& pose : poses) {
    const Pytorch3dPose p3d{Matrix(pose["pytorch3d"]["R"]), Vector(pose["pytorch3d"]["T"])};
    const OpenCvPose cv{Matrix(pose["opencv"]["R"]), Vector(pose["opencv"]["t"])};
    const OpenCvPose to_cv = OpenCvFromPytorch3d(p3d);
    EXPECT_LT(Difference(to_cv.R, cv.R), 1e-12);
    EXPECT_LT(Difference(to_cv.t, cv.t), 1e-12);
    const Pytorch3dPose to_p3d = Pytorch3dFromOpenCv(cv);
    EXPECT_LT(Difference(to_p3d.R, p3d.R), 1e-12);
    EXPECT_LT(Difference(to_p3d.T, p3d.T), 1e-12);
    // A pose of the library reads back to the last bits of a double from both.
    const Rigid3d rigid = FromPytorch3d(p3d, "p3d");
    EXPECT_LT(RotationAngle_rad(rigid.rotation, FromOpenCv(cv, "cv").rotation), 1e-14);
    EXPECT_LT(Difference(rigid.R(), cv.R), 1e-6);  // float's noise in the file
    if (!pose.contains("width")) continue;
    const Camera camera =
        CameraFromFov(pose["width"], pose["height"], pose["pytorch3d"]["fov_deg"], "fov");
    EXPECT_LT(Difference(camera.K(), Matrix(pose["opencv"]["K"])), 1e-12);
    // These cameras were made by look_at_view_transform towards the origin.
    const Pytorch3dPose look_at = LookAt(-p3d.R * p3d.T);
    EXPECT_LT(Difference(look_at.R, p3d.R), 1e-6);
    EXPECT_LT(Difference(look_at.T, p3d.T), 1e-6);
  }
}

TEST(Conventions, LookAtOfTheTutorial) {
  // look_at_view_transform(2.7, 0, 180): the camera at (0, 0, -2.7).
  const Pytorch3dPose pose = LookAt({0, 0, -2.7});
  EXPECT_LT(Difference(pose.R, Eigen::Matrix3d::Identity()), 1e-15);
  EXPECT_LT(Difference(pose.T, Eigen::Vector3d(0, 0, 2.7)), 1e-15);
  // The users' start (81, 0, 96): the target lies on the axis at the camera's distance.
  const Eigen::Vector3d eye(81, 0, 96);
  const Pytorch3dPose start = LookAt(eye);
  EXPECT_LT(Difference(start.T, Eigen::Vector3d(0, 0, eye.norm())), 1e-12);
  EXPECT_LT(Difference(-start.R * start.T, eye), 1e-12);
  EXPECT_LT(Difference(start.R.col(2), -eye.normalized()), 1e-15);
  EXPECT_LT(Difference(start.R.col(1), Eigen::Vector3d::UnitY()), 1e-15);
  EXPECT_NEAR(start.R.determinant(), 1, 1e-14);
  // Another target and up direction.
  const Eigen::Vector3d at(1, 2, 3), up(0, 0, 2);
  const Pytorch3dPose other = LookAt(eye, at, up);
  EXPECT_LT(
      Difference(other.R.transpose() * at + other.T, Eigen::Vector3d(0, 0, (at - eye).norm())),
      1e-12);
  EXPECT_NEAR(other.R.col(0).dot(up), 0, 1e-12);
  EXPECT_GT(other.R.col(1).dot(up), 0);
}

TEST(Conventions, LookAtAlongUpIsTheLimitFromPlusZ) {
  const Pytorch3dPose above = LookAt({0, 5, 0});
  const Pytorch3dPose nearly = LookAt({0, 5, 1e-6});
  EXPECT_LT(Difference(above.R, nearly.R), 1e-6);
  EXPECT_NEAR(above.R.determinant(), 1, 1e-14);
  const Pytorch3dPose along_z = LookAt({0, 0, 5}, {0, 0, 0}, {0, 0, 1});
  const Pytorch3dPose nearly_z = LookAt({1e-6, 0, 5}, {0, 0, 0}, {0, 0, 1});
  EXPECT_LT(Difference(along_z.R, nearly_z.R), 1e-6);
  EXPECT_PRED2(Contains, ErrorOf([] { LookAt({1, 2, 3}, {1, 2, 3}); }), "equals the point");
  EXPECT_PRED2(Contains, ErrorOf([] { LookAt({1, 2, 3}, {0, 0, 0}, {0, 0, 0}); }), "up");
}

TEST(Conventions, FovSpansTheShorterSide) {
  for (auto [width, height] : {std::pair{306, 256}, std::pair{256, 306}}) {
    const Camera camera = CameraFromFov(width, height, 60, "fov");
    EXPECT_NEAR(camera.fx_px, 128 / std::tan(M_PI / 6), 1e-12);
    EXPECT_EQ(camera.fy_px, camera.fx_px);
    EXPECT_EQ(camera.cx_px, width / 2.0);
    EXPECT_EQ(camera.cy_px, height / 2.0);
    EXPECT_NEAR(FovOfShorterSide_deg(camera), 60, 1e-12);
  }
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFromFov(10, 10, 180, "--fov_deg"); }), "--fov_deg");
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFromFov(0, 10, 60, "x"); }), "width is 0");
}

TEST(Conventions, IntegerCentresMoveByHalfAPixel) {
  const Eigen::Matrix3d K = ParseK("60,61,31.5,23.5", "K");
  const Camera half = CameraFromK(K, 64, 48, 0, "K");
  EXPECT_EQ(half.cx_px, 32);
  EXPECT_EQ(half.cy_px, 24);
  EXPECT_EQ(half.fx_px, 60);
  EXPECT_EQ(half.fy_px, 61);
  EXPECT_EQ(CameraFromK(K, 64, 48, 0.5, "K").cx_px, 31.5);
  EXPECT_PRED2(Contains, ErrorOf([&] { CameraFromK(K, 64, 48, 0.25, "K"); }), "0.25");
  // Absurd numbers of pixels are named before anything is computed with them.
  for (const auto& [row, column] : {std::pair{0, 0}, {1, 1}, {0, 2}, {1, 2}}) {
    Eigen::Matrix3d absurd = K;
    absurd(row, column) = 1e12;
    const std::string error = ErrorOf([&] { CameraFromK(absurd, 64, 48, 0.5, "--K"); });
    EXPECT_PRED2(Contains, error,
                 "--K: K[" + std::to_string(row) + "][" + std::to_string(column) + "] is 1e+12 px");
    absurd(row, column) = 1e5 * (row == 0 ? 64 : 48);
    EXPECT_NO_THROW(CameraFromK(absurd, 64, 48, 0.5, "--K"));
  }
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFromFov(306, 256, 1e-9, "--fov_deg"); }),
               "--fov_deg: a field of view of 1e-09 degrees");
  EXPECT_NO_THROW(CameraFromFov(306, 256, 1e-2, "--fov_deg"));
}

TEST(Conventions, OpenGlRoundTrip) {
  const Rigid3d cam_from_world = SomePose(0.9, {0.1, -3, 4});
  const Eigen::Matrix4d world_from_gl = ToOpenGlWorldFromCam(cam_from_world);
  // An OpenGL camera looks along its −z.
  const Eigen::Vector4d ahead = world_from_gl * Eigen::Vector4d(0, 0, -2, 1);
  EXPECT_LT(Difference(cam_from_world * ahead.head<3>(), Eigen::Vector3d(0, 0, 2)), 1e-14);
  const Eigen::Vector4d above = world_from_gl * Eigen::Vector4d(0, 1, 0, 1);
  EXPECT_LT(Difference(cam_from_world * above.head<3>(), Eigen::Vector3d(0, -1, 0)), 1e-14);
  const Rigid3d back = FromOpenGlWorldFromCam(world_from_gl, "matrix_world");
  EXPECT_LT(RotationAngle_rad(back.rotation, cam_from_world.rotation), 1e-14);
  EXPECT_LT(Difference(back.translation, cam_from_world.translation), 1e-13);
}

class RigFormTest : public ::testing::TestWithParam<RigForm> {
 protected:
  // A pose as the form writes it.
  PoseMatrices Write(const Rigid3d& cam_from_world) const {
    const Pytorch3dPose p3d = ToPytorch3d(cam_from_world);
    if (GetParam() == RigForm::kPyTorch3dRow) return {p3d.R, p3d.T};
    if (GetParam() == RigForm::kPyTorch3dColumn) return {p3d.R.transpose(), p3d.T};
    return {cam_from_world.R(), cam_from_world.translation};
  }
};

TEST_P(RigFormTest, RelativePoseAndSecondCameraAreInverse) {
  const Rigid3d cam1 = SomePose(0.4, {1, 2, 30}), cam2 = SomePose(-1.9, {-5, 0.3, 22});
  const PoseMatrices one = Write(cam1), two = Write(cam2);
  const PoseMatrices relative = RelativePose(one, two, GetParam());
  const PoseMatrices again = SecondCamera(one, relative, GetParam());
  EXPECT_LT(Difference(again.R, two.R), 1e-12);
  EXPECT_LT(Difference(again.T, two.T), 1e-12);
  const PoseMatrices relative_again = RelativePose(one, again, GetParam());
  EXPECT_LT(Difference(relative_again.R, relative.R), 1e-12);
  EXPECT_LT(Difference(relative_again.T, relative.T), 1e-12);
}

TEST_P(RigFormTest, RelativePoseIsTheRig) {
  const Rigid3d cam1 = SomePose(0.4, {1, 2, 30}), cam2 = SomePose(-1.9, {-5, 0.3, 22});
  const Rigid3d cam2_from_cam1 = cam2 * Inverse(cam1);
  const PoseMatrices relative = RelativePose(Write(cam1), Write(cam2), GetParam());
  const Rigid3d rig = Cam2FromCam1(relative, GetParam(), "R_rel");
  EXPECT_LT(RotationAngle_rad(rig.rotation, cam2_from_cam1.rotation), 1e-12);
  EXPECT_LT(Difference(rig.translation, cam2_from_cam1.translation), 1e-12);
  const PoseMatrices back = RelativeFromCam2FromCam1(rig, GetParam());
  EXPECT_LT(Difference(back.R, relative.R), 1e-12);
  EXPECT_LT(Difference(back.T, relative.T), 1e-12);
  // The same rig for another camera 1.
  const Rigid3d moved = SomePose(1.3, {7, -2, 11});
  const PoseMatrices second = SecondCamera(Write(moved), relative, GetParam());
  const PoseMatrices expected = Write(cam2_from_cam1 * moved);
  EXPECT_LT(Difference(second.R, expected.R), 1e-12);
  EXPECT_LT(Difference(second.T, expected.T), 1e-12);
}

TEST_P(RigFormTest, NameRoundTrips) {
  EXPECT_EQ(ParseRigForm(ToString(GetParam()), "--rig_form"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, RigFormTest,
                         ::testing::Values(RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn,
                                           RigForm::kOpenCv),
                         [](const auto& info) { return std::string(ToString(info.param)); });

// The formulas of the script, written out.
TEST(RigForm, EquationsOfTheUsersScript) {
  const PoseMatrices one{SomePose(0.4, Eigen::Vector3d::Zero()).R(), {1, 2, 3}};
  const PoseMatrices relative{ExpRotation({0.3, 1.2, -0.8}).toRotationMatrix(), {-4, 5, 6}};
  const PoseMatrices row = SecondCamera(one, relative, RigForm::kPyTorch3dRow);
  EXPECT_LT(Difference(row.R, one.R * relative.R), 1e-15);
  EXPECT_LT(Difference(row.T.transpose(), one.T.transpose() * relative.R + relative.T.transpose()),
            1e-14);
  const PoseMatrices column = SecondCamera(one, relative, RigForm::kPyTorch3dColumn);
  EXPECT_LT(Difference(column.R, relative.R * one.R), 1e-15);
  EXPECT_LT(Difference(column.T, relative.R * one.T + relative.T), 1e-14);
  EXPECT_GT(Difference(row.R, column.R), 0.1);
  EXPECT_PRED2(Contains, ErrorOf([] { ParseRigForm("row", "--rig_form"); }), "--rig_form");
}

TEST(Rotation, RoundedIsRepairedAndOthersRefused) {
  const Eigen::Matrix3d exact = SomePose(0.9, Eigen::Vector3d::Zero()).R();
  const Eigen::Matrix3d rounded = (exact * 1000).array().round().matrix() / 1000;
  const Eigen::Matrix3d repaired = NearestRotation(rounded, "R");
  EXPECT_LT(Difference(repaired.transpose() * repaired, Eigen::Matrix3d::Identity()), 1e-14);
  EXPECT_LT(Difference(repaired, exact), 1e-3);
  const auto error = [](const Eigen::Matrix3d& R) {
    return ErrorOf([&] { NearestRotation(R, "--R_rel"); });
  };
  EXPECT_PRED2(Contains, error(exact * Eigen::Vector3d(1, 1, -1).asDiagonal()), "reflection");
  EXPECT_PRED2(Contains, error(exact * 1.01), "not a rotation");
  EXPECT_PRED2(Contains, error(Eigen::Matrix3d::Zero()), "--R_rel");
  Eigen::Matrix3d nan = exact;
  nan(1, 2) = std::nan("");
  EXPECT_PRED2(Contains, error(nan), "not finite");
}

// Every rounding to three digits must pass: 2·5e-4·√3 at most.
TEST(Rotation, ToleranceCoversThreeDigits) {
  for (int i = 0; i < 1000; ++i) {
    const Eigen::Matrix3d exact =
        ExpRotation({std::sin(1.0 * i), 3 * std::cos(2.3 * i), 0.1 * (i % 31)}).toRotationMatrix();
    const Eigen::Matrix3d rounded = (exact * 1000).array().round().matrix() / 1000;
    EXPECT_EQ(ErrorOf([&] { NearestRotation(rounded, "R"); }), "no error") << rounded;
  }
}

TEST(Parse, VectorsAndRotations) {
  for (const char* text :
       {"(81,0,96)", "81,0,96", "[81, 0, 96]", " ( 81 0 96 ) ", "81,0,96,", "+81,-0,9.6e1"}) {
    EXPECT_EQ(ParseVector3(text, "v"), Eigen::Vector3d(81, 0, 96)) << text;
  }
  for (const char* text :
       {"tensor([[81., 0., 96.]])", " tensor([81, 0, 96], device='cuda:0', dtype=torch.float64)\n",
        "torch.tensor([[81,0,96]])", "array([81., 0., 96.])", "np.array([81, 0, 96])",
        "tensor([[81.,\n  0., 96.]], grad_fn=<AddBackward0>)"}) {
    EXPECT_EQ(ParseVector3(text, "v"), Eigen::Vector3d(81, 0, 96)) << text;
  }
  for (const char* text : {"tensor([81, 0, 96]", "tensor([81, 0, 96] 7)", "tensor(81, 0, 96)",
                           "vector([81, 0, 96])", "tensor()", "tensor([81, 0, 96]x)"}) {
    EXPECT_THROW(ParseVector3(text, "v"), InputError) << text;
  }
  const Eigen::Matrix3d m = ParseRotation("[[1,2,3],[4,5,6],[7,8,9]]", "R");
  EXPECT_EQ(m(0, 2), 3);
  EXPECT_EQ(m(2, 0), 7);
  // Euler angles as PyTorch3D's "XYZ": Rx(a)·Ry(b)·Rz(c), each a column-vector rotation.
  const Eigen::Matrix3d x90 = ParseRotation("90,0,0", "R");
  EXPECT_LT(Difference(x90 * Eigen::Vector3d::UnitY(), Eigen::Vector3d::UnitZ()), 1e-15);
  const Eigen::Matrix3d all = ParseRotation("(10, 20, 30)", "R");
  EXPECT_LT(Difference(all, ParseRotation("10,0,0", "R") * ParseRotation("0,20,0", "R") *
                                ParseRotation("0,0,30", "R")),
            1e-15);
  const HeightWidth size = ParseImageSize("(256, 306)", "--image_size");
  EXPECT_EQ(size.height_px, 256);
  EXPECT_EQ(size.width_px, 306);
}

TEST(Parse, ErrorsNameTheFlag) {
  const auto error = [](const char* text) {
    return ErrorOf([&] { ParseVector3(text, "--camera_location"); });
  };
  for (const char* text : {"", "81,0", "81,0,96,1", "(81,0,96", "81,0,96)", "(81,0,96]", "a,b,c",
                           "81;0;96", "81,,96", "1e400,0,0", "nan,0,0", "1.5.2,0,0", "--1,0,0"}) {
    EXPECT_PRED2(Contains, error(text), "--camera_location") << text;
  }
  EXPECT_PRED2(Contains, error("81,0"), "2 numbers");
  EXPECT_PRED2(Contains, error("1e400,0,0"), "not finite");
  EXPECT_PRED2(Contains, ErrorOf([] { ParseRotation("1,2", "--R_rel"); }), "--R_rel");
  EXPECT_PRED2(Contains, ErrorOf([] { ParseImageSize("(256.5,306)", "--image_size"); }), "256.5");
  EXPECT_PRED2(Contains, ErrorOf([] { ParseImageSize("(0,306)", "--image_size"); }), "--image");
}

TEST(Parse, TinyNumbersAreZeroNotErrors) {
  EXPECT_EQ(ParseVector3("1e-400,0,1", "v"), Eigen::Vector3d(0, 0, 1));
}

}  // namespace
}  // namespace ceres_align
