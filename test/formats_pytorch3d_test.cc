// PyTorch3D's R and T in text files; BOP.
#include "ceres_align/formats/bop.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/npy.h"
#include "formats_testing.h"

namespace ceres_align::testing {
namespace {

CameraReadOptions In(RigForm form) {
  CameraReadOptions options;
  options.rig_form = form;
  return options;
}
CameraSet Read(const std::filesystem::path& path, const CameraReadOptions& options = {}) {
  return ReadCameras("pytorch3d:" + path.string(), options);
}

// By hand, of a camera with centre (1, 2, 3) that looks along the world's +x with the world's +y
// up: PyTorch3D's axes in the world are left = (0, 0, -1) (for up y, forward x: left = up x
// forward), up = (0, 1, 0), forward = (1, 0, 0); R's columns are these, T = -C*R = (3, -2, -1).
constexpr char kPasted[] =
    "# printed by the script\n"
    "R_col_0\ntensor([[[ 0.,  0.,  1.],\n         [ 0.,  1.,  0.],\n"
    "         [-1.,  0.,  0.]]], device='cuda:0')\n"
    "T_col_0 = tensor([[ 3., -2., -1.]], device='cuda:0', dtype=torch.float64)\n"
    "R_rel_1: [[0, -1, 0], [1, 0, 0], [0, 0, 1]]\nT_rel_1: (0.5, 0.25, -4)\n"
    "K = 500, 510, 320, 230.5\nimage_size = (480, 640)\n";

CameraSet Expected(RigForm form) {
  CameraSet set;
  set.cameras.resize(2);
  for (int i = 0; i < 2; ++i) {
    set.cameras[i].name = "camera" + std::to_string(i);
    set.cameras[i].camera = {640, 480, 500, 510, 320, 230.5};
  }
  // OpenCV's axes: right = -left, down = -up, forward. Rows of R; t = -R*C.
  Eigen::Matrix3d R, R_rel;
  Eigen::Vector3d t, t_rel;
  if (form == RigForm::kPyTorch3dRow) {
    R << 0, 0, 1, 0, -1, 0, 1, 0, 0;
    t << -3, 2, -1;
    R_rel << 0, 1, 0, -1, 0, 0, 0, 0, 1;  // transposed; the signs of both x and y cancel
    t_rel << -0.5, -0.25, -4;
  } else if (form == RigForm::kPyTorch3dColumn) {
    R << 0, 0, -1, 0, -1, 0, -1, 0, 0;
    t << -3, 2, -1;
    R_rel << 0, -1, 0, 1, 0, 0, 0, 0, 1;
    t_rel << -0.5, -0.25, -4;
  } else {
    R << 0, 0, 1, 0, 1, 0, -1, 0, 0;
    t << 3, -2, -1;
    R_rel << 0, -1, 0, 1, 0, 0, 0, 0, 1;
    t_rel << 0.5, 0.25, -4;
  }
  set.cameras[0].cam_from_reference = Rigid3d(R, t);
  set.cameras[1].cam_from_reference = Rigid3d(R_rel * R, R_rel * t + t_rel);
  return set;
}

TEST(FormatsPytorch3d, PastedTensorsInEachConvention) {
  const TempFolder folder;
  std::string text = kPasted;
  for (const RigForm form : {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
    const CameraSet set = Read(folder.Write("rt.txt", text), In(form));
    CameraSet expected = Expected(form);
    // Camera 0's R and T are the same to some of the mistakes: its numbers are 0 and 1.
    EXPECT_LT(SetDifference(set, expected), 1e-12) << ToString(form);
    for (const RigForm other :
         {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
      if (other == form) continue;
      EXPECT_GT(SetDifference(set, Expected(other)), 0.5) << ToString(form) << ToString(other);
    }
    EXPECT_PRED2(Contains, set.conventions[0], ToString(form));
  }
  const CameraSet row = Read(folder / "rt.txt", In(RigForm::kPyTorch3dRow));
  const Eigen::Vector3d center = row.cameras[0].cam_from_reference.TargetOriginInSource();
  EXPECT_LT((center - Eigen::Vector3d(1, 2, 3)).norm(), 1e-12);
}

// The users' own two functions against the reader: camera 2 of the script is ours.
TEST(FormatsPytorch3d, RelativePosesMultiplyAsTheScriptsDo) {
  const TempFolder folder;
  for (const RigForm form : {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
    const CameraSet truth = SomeCameras(3, 0, 60);
    std::ostringstream text;
    text.precision(17);
    const auto print = [&](const std::string& ends, const PoseMatrices& pose) {
      text << "R_" << ends << "\n"
           << pose.R << "\nT_" << ends << "\n"
           << pose.T.transpose() << "\n";
    };
    const PoseMatrices first = ToPoseMatrices(truth.cameras[0].cam_from_reference, form);
    print("col_0", first);
    for (int i = 1; i < 3; ++i) {
      const PoseMatrices camera = ToPoseMatrices(truth.cameras[i].cam_from_reference, form);
      print("rel_" + std::to_string(i), RelativePose(first, camera, form));
    }
    CameraSet expected = truth;
    expected.has_intrinsics = false;
    for (int i = 0; i < 3; ++i) expected.cameras[i].name = "camera" + std::to_string(i);
    ExpectSet(Read(folder.Write("rt.txt", text.str()), In(form)), expected);
  }
}

TEST(FormatsPytorch3d, AFolderOfFilesAndNpy) {
  const TempFolder folder;
  folder.Write("R_col_0.txt", "0 0 1\n0 1 0\n-1 0 0\n");
  folder.Write("T_col_0.csv", "3,-2,-1\n");
  WriteNpy(folder / "R_rel_1.npy",
           NpyFromMatrix((Eigen::Matrix3d() << 0, -1, 0, 1, 0, 0, 0, 0, 1).finished()));
  WriteNpy(folder / "T_rel_1.npy", NpyFromMatrix(Eigen::RowVector3d(0.5, 0.25, -4)));
  folder.Write("K.txt", "500,510,320,230.5");
  CameraReadOptions options = In(RigForm::kOpenCv);
  options.image_size = {480, 640};
  EXPECT_LT(SetDifference(Read(folder.path(), options), Expected(RigForm::kOpenCv)), 1e-12);
}

TEST(FormatsPytorch3d, WrittenSetsComeBackWithoutTheFlag) {
  const TempFolder folder;
  const CameraSet set = SomeCameras(3, 0, 61);
  const std::string file = "pytorch3d:" + (folder / "rt.txt").string();
  WriteCameras(file, set);
  ExpectSet(ReadCameras(file, {}), set);
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadCameras(file, In(RigForm::kOpenCv)); }),
               "is pytorch3d_row, but --rig_convention is opencv");
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFiles("pytorch3d:x", SomeCameras(1, 4, 1)); }),
               "lens distortion");
}

TEST(FormatsPytorch3d, ErrorsNameFileEntryAndValue) {
  const TempFolder folder;
  const std::string text = kPasted;
  const auto expect = [&](const std::string& wrong, const std::string& part) {
    const auto path = folder.Write("rt.txt", wrong);
    const std::string message = ErrorOf([&] { Read(path, In(RigForm::kPyTorch3dRow)); });
    EXPECT_PRED2(Contains, message, "rt.txt") << part;
    EXPECT_LT(message.size(), 300u) << message;
    EXPECT_PRED2(Contains, message, part) << wrong;
  };
  const auto path = folder.Write("rt.txt", text);
  EXPECT_PRED2(Contains, ErrorOf([&] { Read(path); }), "give --rig_convention");
  expect("", "empty");
  expect("1 2 3\n", "line 1: \"1 2 3\"; a name");
  expect("K = 1,1,1,1\n", "has no R_n and T_n");
  expect("R_0 = [[1,0,0],[0,1,0],[0,0,1]]\n", "line 1: R_0 is given without T_0");
  expect(With(text, "R_rel_1", "R_REL_1"), "is none of R_n, T_n");
  expect(With(text, "R_rel_1", "R_rel_0"), "camera 0 is what the others are relative to");
  expect(With(text, "R_rel_1", "R_1"), "R_1 is given without T_1");
  expect(With(text, "T_rel_1", "R_rel_1"), "appears twice");
  expect(With(text, "(0.5, 0.25, -4)", "(0.5, 0.25)"), "T_rel_1 has 2 numbers; 3");
  expect(With(text, "(0.5, 0.25, -4)", "(0.5, nan, -4)"), "T_rel_1: ");
  expect(With(text, "(0.5, 0.25, -4)", "(0.5, x, -4)"), "not a list of numbers");
  expect(With(text, "(0.5, 0.25, -4)", "(0.5, 0.25, -4"), "brackets");
  expect(With(text, "[0, -1, 0]", "[0, -2, 0]"), "R_rel_1: not a rotation");
  expect(With(text, "[0, -1, 0]", "[0, 1, 0]"), "R_rel_1: det R is -1");
  expect(With(text, "500, 510", "500, -510"), "K[1][1] is -510");
  expect(With(text, "500, 510", "500, 1e80"), "K[1][1] is 1e+80");
  expect(With(text, "(480, 640)", "(480, 0)"), "image_size");
  expect(With(text, "tensor([[ 3.", "sensor([[ 3."), "numbers are needed");
  expect(With(text, "-1.]], device", "-1.]] 7, device"), "one list of numbers");
  expect(text + "R_12345 = 3\n", "has no camera's number");
  expect(text + std::string(2000, 'R') + " = 3\n", "is none of R_n, T_n");
}

TEST(FormatsPytorch3d, DamagedFilesAreRefusedInOneLine) {
  EXPECT_GT(ReadDamaged("pytorch3d", "rt.txt", kPasted, In(RigForm::kPyTorch3dRow), 800), 200);
}

constexpr char kSceneCamera[] =
    "{\"3\": {\"cam_K\": [572.5, 0, 325.25, 0, 573.75, 242.5, 0, 0, 1], \"depth_scale\": 0.1},\n"
    " \"12\": {\"cam_K\": [600, 0, 300, 0, 610, 200, 0, 0, 1], \"depth_scale\": 1.0}}";
constexpr char kSceneGt[] =
    "{\"3\": [{\"cam_R_m2c\": [1, 0, 0, 0, 1, 0, 0, 0, 1], \"cam_t_m2c\": [0, 0, 900], \"obj_id\": "
    "1},\n  {\"cam_R_m2c\": [0, 0, 1, 0, 1, 0, -1, 0, 0], \"cam_t_m2c\": [10.5, -20.25, 1000.5], "
    "\"obj_id\": 5}],\n \"12\": [{\"cam_R_m2c\": [1, 0, 0, 0, 1, 0, 0, 0, 1], \"cam_t_m2c\": [1, "
    "2, "
    "800], \"obj_id\": 5}]}";
constexpr char kModelsInfo[] =
    "{\"1\": {\"diameter\": 7}, \"5\": {\"diameter\": 100, \"symmetries_discrete\": [[-1, 0, 0, 2, "
    "0, -1, 0, 4, 0, 0, 1, 0, "
    "0, 0, 0, 1]], \"symmetries_continuous\": [{\"axis\": [0, 0, 2], \"offset\": [1, 2, 0]}]}}";

class FormatsBop : public ::testing::Test {
 protected:
  FormatsBop() {
    for (const char* name : {"test/000048/mask", "test/000048/mask_visib", "models"}) {
      std::filesystem::create_directories(folder_ / name);
    }
    folder_.Write("test/000048/scene_camera.json", kSceneCamera);
    folder_.Write("test/000048/scene_gt.json", kSceneGt);
    folder_.Write("models/models_info.json", kModelsInfo);
    SaveMask(folder_ / "test/000048/mask/000003_000001.png", ImageF(640, 480));
  }
  CameraSet ReadScene(int image, int object) const {
    CameraReadOptions options;
    options.image_id = image;
    options.object_id = object;
    options.image_size = {99, 99};  // of the image without a mask
    return ReadCameras("bop:" + scene_.string(), options);
  }
  const TempFolder folder_;
  const std::filesystem::path scene_ = folder_ / "test/000048";
};

TEST_F(FormatsBop, AHandMadeSceneMeansWhatBopSays) {
  const CameraSet set = ReadScene(3, 5);
  ASSERT_EQ(set.cameras.size(), 1u);
  EXPECT_EQ(set.cameras[0].name, "000048_000003_000005");
  EXPECT_EQ(CameraDifference(set.cameras[0].camera, {640, 480, 572.5, 573.75, 325.75, 243}), 0);
  EXPECT_EQ(set.cameras[0].mask, (scene_ / "mask/000003_000001.png").string());
  ASSERT_TRUE(set.reference_from_object.has_value());
  // The model's point (0, 0, 100) by hand: R*p = (100, 0, 0).
  const Eigen::Vector3d seen = *set.reference_from_object * Eigen::Vector3d(0, 0, 100);
  EXPECT_LT((seen - Eigen::Vector3d(110.5, -20.25, 1000.5)).norm(), 1e-9);
  EXPECT_PRED2(Contains, set.conventions.back(), "1 discrete and 1 continuous");
  EXPECT_EQ(ReadScene(-1, -1).cameras[0].name, "000048_000003_000001");  // the first of both
  const CameraSet other = ReadScene(12, -1);
  EXPECT_EQ(other.cameras[0].name, "000048_000012_000005");
  EXPECT_EQ(other.cameras[0].camera.width_px, 99);
  EXPECT_EQ(other.cameras[0].mask, "");
}

TEST_F(FormatsBop, SymmetriesAsData) {
  const BopSymmetries found = ReadBopSymmetries(folder_ / "models/models_info.json", 5);
  ASSERT_EQ(found.discrete.size(), 1u);
  EXPECT_LT((found.discrete[0] * Eigen::Vector3d(1, 1, 7) - Eigen::Vector3d(1, 3, 7)).norm(),
            1e-12);
  ASSERT_EQ(found.continuous.size(), 1u);
  EXPECT_EQ(found.continuous[0].direction, Eigen::Vector3d(0, 0, 1));
  EXPECT_EQ(found.continuous[0].point, Eigen::Vector3d(1, 2, 0));
  EXPECT_PRED2(Contains,
               ErrorOf([&] { ReadBopSymmetries(folder_ / "models/models_info.json", 6); }),
               "models.6 is missing");
}

TEST_F(FormatsBop, ResultsAreTheChallengesLines) {
  const std::vector<ExportedFile> files = CameraFiles("bop:r.csv", ReadScene(3, 5));
  const std::string header = "scene_id,im_id,obj_id,score,R,t,time\n48,3,5,1,";
  ASSERT_EQ(files[0].bytes.substr(0, header.size()), header);
  std::istringstream line(files[0].bytes.substr(header.size()));
  for (const double expected : {0, 0, 1, 0, 1, 0, -1, 0, 0}) {
    double value = 9;
    line >> value;
    EXPECT_NEAR(value, expected, 1e-12);
  }
  std::string rest;
  line >> rest;
  EXPECT_EQ(rest, ",10.5");
  std::getline(line, rest);
  EXPECT_EQ(rest, " -20.25 1000.5,-1");
  EXPECT_PRED2(Contains, ErrorOf([] { CameraFiles("bop:r.csv", SomeCameras(1, 0, 1)); }),
               "SCENE_IMAGE_OBJECT");
}

TEST_F(FormatsBop, ErrorsNameFileAndKey) {
  const auto expect = [&](const char* file, const std::string& text, const std::string& part) {
    folder_.Write("test/000048/scene_camera.json", kSceneCamera);
    folder_.Write("test/000048/scene_gt.json", kSceneGt);
    folder_.Write(std::string("test/000048/") + file, text);
    const std::string message = ErrorOf([&] { ReadScene(3, 5); });
    EXPECT_PRED2(Contains, message, file) << part;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  const std::string camera = kSceneCamera, gt = kSceneGt;
  expect("scene_camera.json", "", "line 1");
  expect("scene_camera.json", "[]", "must be an object");
  expect("scene_camera.json", "{\"x\": 1}", "\"x\" is no image's number");
  expect("scene_camera.json", "{\"4\": {}}", "has no image 3 (--image_id)");
  expect("scene_camera.json", "{\"3\": 7}", "3 must be an object");
  expect("scene_camera.json", With(camera, "cam_K", "cam_k"), "3.cam_K is missing");
  expect("scene_camera.json", With(camera, "572.5, ", ""), "3.cam_K must be a list of 9");
  expect("scene_camera.json", With(camera, "572.5", "\"a\""), "3.cam_K[0] is");
  expect("scene_camera.json", With(camera, "572.5", "1e999"), "out of range");
  expect("scene_camera.json", With(camera, "572.5", "1e99"), "K[0][0] is 1e+99");
  expect("scene_camera.json", With(camera, "572.5, 0", "572.5, 1"), "a skew");
  expect("scene_gt.json", "{}", "images.3 is missing");
  expect("scene_gt.json", "{\"3\": []}", "must be a list of objects");
  expect("scene_gt.json", With(gt, "\"obj_id\": 5", "\"obj_id\": 6"), "no object 5 (--object_id)");
  expect("scene_gt.json", With(gt, "\"obj_id\": 5", "\"obj_id\": 5.5"), "3[1].obj_id is");
  expect("scene_gt.json", With(gt, "0, 0, 1, 0, 1, 0, -1", "0, 0, 1, 0, 2, 0, -1"),
         "3[1]: not a rotation");
  expect("scene_gt.json", With(gt, "10.5, ", ""), "3[1].cam_t_m2c must be a list of 3");
  expect("scene_gt.json", gt.substr(0, gt.size() - 20), "line ");
}

}  // namespace
}  // namespace ceres_align::testing
