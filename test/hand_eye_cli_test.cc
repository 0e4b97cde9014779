// The program hand_eye as a user runs it, on the files that make_robot_scene writes.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/synth/robot_files.h"
#include "ceres_align/synth/robot_scene.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int exit_code;
  std::string out, err;
};

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// NaN where the text does not have it.
double NumberAfter(const std::string& text, const std::string& words) {
  const size_t at = text.find(words);
  return at == std::string::npos ? std::nan("") : std::atof(text.c_str() + at + words.size());
}

class HandEyeCliTest : public ::testing::Test {
 protected:
  Outcome RunTool(const std::string& tool, const std::string& arguments) const {
    const std::string command = "cd '" + folder_.path().string() +
                                "' && '" CERES_ALIGN_TOOLS_DIR "/" + tool + "' " + arguments +
                                " > out.txt 2> err.txt";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(folder_ / "out.txt"),
            ReadAll(folder_ / "err.txt")};
  }
  void MakeScene(const std::string& arguments) const {
    ASSERT_EQ(RunTool("make_robot_scene", "--out_dir arm --states 3 " + arguments).exit_code, 0);
  }
  Outcome Run(const std::string& arguments = "") const {
    return RunTool("hand_eye", kInput + arguments);
  }
  void ExpectBadInput(const std::string& arguments, const std::string& part) const {
    const Outcome outcome = RunTool("hand_eye", arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_EQ(outcome.err.rfind("hand_eye: ", 0), 0u) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_PRED2(Contains, outcome.err, part);
    EXPECT_FALSE(fs::exists(folder_ / "out")) << arguments;
  }
  std::set<std::string> Files(const std::string& in) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_ / in)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  const std::string kInput =
      "--urdf arm/arm_description/urdf/arm.urdf --joints arm/joint_states.csv --masks "
      "'arm/masks/*.png' --camera arm/camera_info.yaml ";
  const TempFolder folder_;
};

TEST_F(HandEyeCliTest, EyeToHand) {
  MakeScene("--seed 4");
  const Outcome outcome = Run("--outputs json,overlay");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(Files("out"),
            (std::set<std::string>{"base_from_cam.csv", "hand_eye.yaml", "result.json",
                                   "overlay_state_000.png", "overlay_state_001.png",
                                   "overlay_state_002.png"}));
  const Rigid3d found = ReadRigid(folder_ / "out/base_from_cam.csv");
  const Rigid3d truth = ReadRigid(folder_ / "arm/true_base_from_cam.csv");
  EXPECT_LT(RotationAngle_rad(found.rotation, truth.rotation), 0.04 * M_PI / 180);
  EXPECT_LT((found.translation - truth.translation).norm(), 1e-3);
  EXPECT_PRED2(Contains, outcome.out, "The result is usable.");
  EXPECT_PRED2(Contains, outcome.out, "arm/masks/mask_002.png");
  EXPECT_EQ(outcome.out.find("SUSPICIOUS"), std::string::npos);
  const auto json = nlohmann::json::parse(ReadAll(folder_ / "out/result.json"));
  EXPECT_EQ(json["views"].size(), 3u);
  EXPECT_TRUE(json["searched"].get<bool>());
  // The answer as the start of another run, and nothing written.
  const Outcome started = Run("--start out/base_from_cam.csv --outputs none --out_dir none");
  EXPECT_EQ(started.exit_code, 0) << started.out;
  EXPECT_EQ(started.out.find("searching"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_F(HandEyeCliTest, EyeInHand) {
  MakeScene("--seed 5 --eye_in_hand");
  const Outcome outcome =
      Run("--outputs json --eye_in_hand --flange flange --object arm/object.ply "
          "--base_from_object arm/base_from_object.csv");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const Rigid3d found = ReadRigid(folder_ / "out/flange_from_cam.csv");
  const Rigid3d truth = ReadRigid(folder_ / "arm/true_flange_from_cam.csv");
  EXPECT_LT(RotationAngle_rad(found.rotation, truth.rotation), 0.04 * M_PI / 180);
  EXPECT_LT((found.translation - truth.translation).norm(), 5e-4);
}

// A second camera of another size and focal length, x₂ = M x₁. The answer is the first one's.
TEST_F(HandEyeCliTest, Stereo) {
  MakeScene("--seed 4");
  const RobotArm arm = MakeRobotArm();
  const Rigid3d truth = ReadRigid(folder_ / "arm/true_base_from_cam.csv");
  const Rigid3d second_from_first(ExpRotation({0.02, -0.25, 0.01}), Eigen::Vector3d(0.4, 0, 0.05));
  RobotScene seen;
  seen.mount_from_cam = truth * Inverse(second_from_first);
  Camera camera = CameraFromFov(480, 360, 56, "camera");
  camera.cx_px -= 4.5;
  camera.cy_px += 2.75;
  WriteFileWhole(folder_ / "arm/right.yaml", CameraInfoYaml(camera, "right"));
  WriteMatrix(folder_ / "arm/right_from_left.npy", MatrixOf(second_from_first));
  WriteMatrix(folder_ / "arm/left_from_right.csv", MatrixOf(Inverse(second_from_first)));
  const Eigen::MatrixXd states = ReadJointStates(folder_ / "arm/joint_states.csv", ArmJointNames());
  for (int s = 0; s < 3; ++s) {
    SaveMask(folder_ / ("arm/right/mask_" + std::to_string(s) + ".png"),
             RobotMask(arm, seen, ArmState(states.row(s)), camera, 1));
  }
  const std::string stereo =
      "--outputs json --stereo_masks 'arm/right/*.png' --stereo_camera arm/right.yaml ";
  const Outcome outcome = Run(stereo + "--stereo_cam_from_cam arm/right_from_left.npy");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.err, "");
  for (const char* mask : {"arm/masks/mask_002.png", "arm/right/mask_2.png"}) {
    EXPECT_PRED2(Contains, outcome.out, mask);
  }
  const Rigid3d found = ReadRigid(folder_ / "out/base_from_cam.csv");
  EXPECT_LT(RotationAngle_rad(found.rotation, truth.rotation), 0.04 * M_PI / 180);
  EXPECT_LT((found.translation - truth.translation).norm(), 5e-4);
  const auto json = nlohmann::json::parse(ReadAll(folder_ / "out/result.json"));
  EXPECT_EQ(json["views"].size(), 6u);
  for (const auto& view : json["views"]) EXPECT_GT(view["iou"].get<double>(), 0.97);
  // The matrix the wrong way round.
  const Outcome wrong = Run(stereo + "--stereo_cam_from_cam arm/left_from_right.csv");
  EXPECT_EQ(wrong.exit_code, 2) << wrong.out;
}

TEST_F(HandEyeCliTest, AJointThatStandsOffIsNamedAndTakenIn) {
  MakeScene("--seed 6 --joint_offset_deg joint_2:1.0");
  const Outcome named = Run("--outputs json");
  EXPECT_EQ(named.exit_code, 2) << named.out;
  EXPECT_NEAR(NumberAfter(named.out, "SUSPICIOUS: joint_2 is off by "), 1, 0.1) << named.out;
  EXPECT_EQ(named.out.find("SUSPICIOUS"), named.out.rfind("SUSPICIOUS")) << named.out;
  const Outcome taken = Run("--outputs json --joint_offsets");
  EXPECT_EQ(taken.exit_code, 0) << taken.out;
  EXPECT_NEAR(NumberAfter(taken.out, "Joint offset: joint_2 is off by "), 1, 0.1) << taken.out;
  const Rigid3d found = ReadRigid(folder_ / "out/base_from_cam.csv");
  const Rigid3d truth = ReadRigid(folder_ / "arm/true_base_from_cam.csv");
  EXPECT_LT(RotationAngle_rad(found.rotation, truth.rotation), 0.15 * M_PI / 180);
}

TEST_F(HandEyeCliTest, BadInputIsOneLine) {
  MakeScene("--seed 4");
  const std::string urdf = "--urdf arm/arm_description/urdf/arm.urdf ";
  const std::string joints = "--joints arm/joint_states.csv ";
  ExpectBadInput("", "--urdf is missing");
  ExpectBadInput(kInput + "--urdf no.urdf", "no.urdf: no such file");
  ExpectBadInput(kInput + "--masks 'no/*.png'", "no file matches \"no/*.png\"");
  ExpectBadInput(kInput + "--masks 'arm/masks/mask_00[01].png'", "2 masks, but");
  ExpectBadInput(kInput + "--masks 'arm/masks/mask_00[01].png'", "has 3 joint states");
  ExpectBadInput(kInput + "--links elbow", "has no link \"elbow\"");
  ExpectBadInput(kInput + "--eye_in_hand", "--eye_in_hand is given without --flange");
  ExpectBadInput(kInput +
                     "--eye_in_hand --flange tool --object arm/object.ply "
                     "--base_from_object x.csv",
                 "has no link \"tool\"");
  ExpectBadInput(kInput + "--flange flange", "--flange is given without --eye_in_hand");
  ExpectBadInput(kInput + "--stereo_masks 'arm/masks/*.png'", "go together");
  ExpectBadInput(kInput + "--geometry seen", "--geometry is \"seen\"");
  ExpectBadInput(urdf + joints + "--masks 'arm/masks/*.png'", "--camera (or --K) is missing");
  folder_.Write("K.csv", "600,0,320\n0,600,240\n0,0,1\n");
  ExpectBadInput(urdf + joints + "--masks 'arm/masks/*.png' --K K.csv --width 320 --height 240",
                 "320x240");
  folder_.Write("five.csv", "0,0,0,0,0\n0,0,0,0,0\n0,0,0,0,0\n");
  ExpectBadInput(kInput + "--joints five.csv", "6 movable joints");
}

TEST_F(HandEyeCliTest, MasksAreInTheOrderOfTheirNumbers) {
  MakeScene("--seed 4");
  // mask_9, mask_10, mask_11: as bytes, mask_10 would be the first.
  for (int i = 0; i < 3; ++i) {
    fs::rename(folder_ / ("arm/masks/mask_00" + std::to_string(i) + ".png"),
               folder_ / ("arm/masks/mask_" + std::to_string(9 + i) + ".png"));
  }
  const Outcome outcome = Run("--outputs none");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
}

// Masks as labels, as results of COCO's and as probabilities: the same answer.
TEST_F(HandEyeCliTest, MasksOfEveryKind) {
  MakeScene("--seed 4");
  for (const char* kind : {"labels", "probabilities"}) fs::create_directories(folder_ / kind);
  nlohmann::json coco = nlohmann::json::array();
  for (int i = 0; i < 3; ++i) {
    const std::string name = "/mask_00" + std::to_string(i) + ".png";
    const ImageF mask = LoadMask(folder_ / ("arm/masks" + name), {}, 0.5).mask;
    coco.push_back(
        {{"image_id", i},
         {"segmentation", {{"size", {mask.height, mask.width}}, {"counts", CocoRuns(mask)}}}});
    ImageF labels = mask, probabilities = mask;
    for (float& v : labels.pixels) v = (v == 1 ? 3.0f : 1.0f) / 255;
    for (float& v : probabilities.pixels) v = 0.2f + 0.5f * v;
    SaveMask(folder_ / ("labels" + name), labels);
    SaveMask(folder_ / ("probabilities" + name), probabilities);
  }
  folder_.Write("r.json", coco.dump());
  const std::string input = kInput.substr(0, kInput.find("--masks")) +
                            "--camera arm/camera_info.yaml --start arm/true_base_from_cam.csv "
                            "--nocheck_joints --outputs json --masks ";
  const auto answer = [&](const std::string& masks) {
    const Outcome outcome = RunTool("hand_eye", input + masks);
    EXPECT_NE(outcome.exit_code, 1) << outcome.err;
    const std::string text = ReadAll(folder_ / "out/base_from_cam.csv");
    fs::remove_all(folder_ / "out");
    return text;
  };
  const std::string binary = answer("'arm/masks/*.png'");
  EXPECT_NE(binary, "");
  EXPECT_EQ(answer("'labels/*.png:3'"), binary);
  EXPECT_EQ(answer("r.json:0,r.json:1,r.json:2"), binary);
  EXPECT_EQ(answer("'probabilities/*.png' --mask_threshold 0.45"), binary);
  EXPECT_NE(answer("'probabilities/*.png'"), binary);
  ExpectBadInput(input + "r.json:0,r.json:1", "2 masks, but");
  ExpectBadInput(input + "'labels/*.png:3' --mask_threshold 2",
                 "--mask_threshold is 2; it must be above 0 and at most 1");
}

TEST_F(HandEyeCliTest, HelpShowsItsFlags) {
  const Outcome outcome = RunTool("hand_eye", "--help");
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* flag : {"--urdf", "--joint_offsets", "--stereo_cam_from_cam", "Exit codes"}) {
    EXPECT_PRED2(Contains, outcome.out, flag);
  }
}

}  // namespace
}  // namespace ceres_align::testing
