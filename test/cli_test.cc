// ceres_align as a user runs it: exit codes, messages, files.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ceres_align/align/aligner.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

struct Outcome {
  int exit_code;
  std::string out, err;
  int err_lines() const { return static_cast<int>(std::count(err.begin(), err.end(), '\n')); }
};

/// Every test has a folder of its own, which is the program's current folder.
class CliTest : public testing::Test {
 protected:
  CliTest() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    logs_ = fs::path(testing::TempDir()) /
            ("ceres_align_cli_" + std::string(info->name()) + std::to_string(getpid()));
    work_ = logs_ / "work";
    fs::remove_all(logs_);
    fs::create_directories(work_);
  }
  ~CliTest() override { fs::remove_all(logs_); }

  Outcome Run(const std::string& arguments) const {
    const std::string command = "cd '" + work_.string() +
                                "' && '" CERES_ALIGN_TOOLS_DIR "/ceres_align' " + arguments +
                                " > ../out.txt 2> ../err.txt";
    const int status = std::system(command.c_str());
    Outcome outcome = {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(logs_ / "out.txt"),
                       ReadAll(logs_ / "err.txt")};
    return outcome;
  }

  std::set<std::string> Files(const std::string& folder = ".") const {
    std::set<std::string> names;
    if (!fs::exists(work_ / folder)) return names;
    for (const auto& entry : fs::directory_iterator(work_ / folder)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  Json Result(const std::string& folder = "out") const {
    return Json::parse(ReadAll(work_ / folder / "result.json"));
  }

  /// Exit 1, one line on stderr that contains `part`, no new file.
  void ExpectBadInput(const std::string& arguments, const std::string& part) const {
    const std::set<std::string> before = Files();
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_EQ(outcome.err_lines(), 1) << arguments << "\n" << outcome.err;
    EXPECT_EQ(outcome.err.rfind("ceres_align: ", 0), 0u) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << arguments << "\n" << outcome.err;
    EXPECT_EQ(Files(), before) << arguments;
  }

  fs::path logs_, work_;
};

/// A problem in files: m.obj, l.png, r.png, and its truth.
struct FileProblem {
  Rigid3d truth, start, cam2_from_cam1;
  SceneDescription description;
};

FileProblem WriteProblem(const fs::path& folder) {
  FileProblem problem;
  const TriangleMesh mesh = MakeMultiPart(1500);
  problem.truth = FromPytorch3d(LookAt({1.5, 1, 6}), "truth");
  problem.start = FromPytorch3d(LookAt({2.2, 1.3, 5.8}), "start");
  problem.cam2_from_cam1 = problem.truth *
                           Rigid3d(ExpRotation({0, 0.6, 0}), Eigen::Vector3d::Zero()) *
                           Inverse(problem.truth);
  WriteObj(folder / "m.obj", mesh);
  problem.description.mesh = "m.obj";
  problem.description.initial_rig_from_world = problem.start;
  problem.description.true_rig_from_world = problem.truth;
  const Camera camera = {160, 120, 150, 150, 80, 60};
  for (const bool second : {false, true}) {
    ViewDescription view;
    view.name = second ? "r" : "l";
    view.mask = view.name + ".png";
    view.width_px = camera.width_px;
    view.height_px = camera.height_px;
    view.K = camera.K();
    if (second) view.cam_from_rig = problem.cam2_from_cam1;
    const Rigid3d cam = (second ? problem.cam2_from_cam1 : Rigid3d()) * problem.truth;
    SaveMask(folder / view.mask, RenderMask(mesh, cam, camera, 8));
    problem.description.views.push_back(view);
  }
  SaveScene(folder / "s.json", problem.description);
  return problem;
}

template <typename Derived>
std::string Numbers(const Eigen::MatrixBase<Derived>& matrix) {
  std::ostringstream text;
  text << std::setprecision(17);
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      text << (r + c > 0 ? "," : "") << matrix(r, c);
    }
  }
  return text.str();
}

std::string StartFlags(const Rigid3d& start) {
  const Pytorch3dPose pose = ToPytorch3d(start);
  return " --camera_rotation " + Numbers(pose.R) + " --camera_translation " +
         Numbers(pose.T.transpose());
}

TEST_F(CliTest, HelpShowsOwnFlagsFirst) {
  for (const char* flag : {"--help", "-h", "-help"}) {
    const Outcome outcome = Run(flag);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "");
    const size_t libraries = outcome.out.find("Flags of the libraries");
    ASSERT_NE(libraries, std::string::npos);
    for (const char* part :
         {"Examples:", "--scene", "--R_rel", "--image_size", "--out_dir", "--search", "--restarts",
          "--search_rotations", "Exit codes:", "not converged, ambiguous or not trustworthy"}) {
      EXPECT_LT(outcome.out.find(part), libraries) << part;
    }
    EXPECT_GT(outcome.out.find("--minloglevel"), libraries);
    EXPECT_EQ(outcome.out.find("--loop_num", libraries), std::string::npos);
  }
  EXPECT_TRUE(Files().empty());
}

TEST_F(CliTest, BadFlags) {
  ExpectBadInput("--loop_nun 3", "unknown flag --loop_nun; did you mean --loop_num?");
  ExpectBadInput("--quite_unlike=3", "unknown flag --quite_unlike");
  ExpectBadInput("--loop_num many", "--loop_num: 'many' is not a valid int32");
  ExpectBadInput("--loop_num 0", "--loop_num is 0");
  ExpectBadInput("--loop_num", "--loop_num needs a value");
  ExpectBadInput("stray.obj", "unexpected argument 'stray.obj'");
  ExpectBadInput("--backend cuda", "no CUDA rasterizer");
  ExpectBadInput("--backend gpu", "auto, cpu or cuda");
  ExpectBadInput("--num_threads -1", "num_threads is -1");
  ExpectBadInput("--camera_location 1,2", "--camera_location");
  ExpectBadInput("--camera_location 0,0,0", "--camera_location");
  ExpectBadInput("--image_size 12", "--image_size");
  ExpectBadInput("--fov_deg 190", "--fov_deg");
  ExpectBadInput("--K 1,1,1,1", "--K needs --mesh and --masks");
  ExpectBadInput("--level_factor 0.5", "level_factor");
  ExpectBadInput("--restarts -1", "restarts is -1");
  ExpectBadInput("--search --search_rotations 0", "search_rotations is 0");
  ExpectBadInput("--search --camera_location 81,0,96", "together with --search");
  ExpectBadInput("--camera_rotation 0,0,0 --camera_translation 0,0,9 --camera_location 1,2,3",
                 "give one");
}

TEST_F(CliTest, BadFilesAndConflicts) {
  WriteProblem(work_);
  const std::string rest = " --fov_deg 60 --camera_location 0,0,6";
  ExpectBadInput("--mesh missing.obj --masks l.png" + rest, "missing.obj");
  ExpectBadInput("--mesh m.obj --masks missing.png" + rest, "missing.png");
  ExpectBadInput("--mesh m.obj" + rest, "without --masks");
  ExpectBadInput("--masks l.png" + rest, "without --mesh");
  ExpectBadInput("--mesh m.obj --masks l.png --mask_path r.png" + rest, "--mask_path and --masks");
  ExpectBadInput("--mesh m.obj --masks l.png --fov_deg 60 --camera_rotation 0,0,0",
                 "--camera_rotation is given without");
  ExpectBadInput("--mesh m.obj --masks l.png --search" + rest, "together with --search");
  ExpectBadInput("--mesh m.obj --masks l.png --camera_location 0,0,6", "focal length is missing");
  ExpectBadInput("--mesh m.obj --masks l.png --K 1,1,1,1" + rest, "--fov_deg and --K");
  ExpectBadInput("--mesh m.obj --masks l.png --image_size 160,120" + rest, "l.png");
  ExpectBadInput("--mesh m.obj --masks l.png --K -9,9,9,9 --camera_location 0,0,6", "--K");
  ExpectBadInput("--mesh m.obj --masks l.png,r.png" + rest, "--R_rel is missing");
  ExpectBadInput("--mesh m.obj --masks l.png,r.png --R_rel 0,0,0 --T_rel 0,0,0" + rest,
                 "--rig_convention is missing");
  ExpectBadInput(
      "--mesh m.obj --masks l.png --R_rel 0,0,0 --T_rel 0,0,0 --rig_convention opencv" + rest,
      "--R_rel has 1");
  ExpectBadInput("--scene missing.json", "missing.json");
  ExpectBadInput("--scene s.json --mesh m.obj", "--mesh cannot be given together with --scene");
  ExpectBadInput("--scene s.json --K 1,1,1,1", "--K cannot be given together with --scene");
  ExpectBadInput("--scene s.json --search --camera_rotation 0,0,0", "together with --search");
  ExpectBadInput("--scene s.json --out_dir m.obj", "m.obj");
  ExpectBadInput("--scene s.json --filename_output none/x.gif", "x.gif");
}

TEST_F(CliTest, AStartBehindTheCamerasIsBadInput) {
  WriteProblem(work_);
  ExpectBadInput("--scene s.json --camera_location 0,0,60 --camera_rotation 0,0,0", "start");
}

// Off screen is no error: the masks say where the object must move.
TEST_F(CliTest, AStartOffScreenIsMovedToTheMasks) {
  WriteProblem(work_);
  const Outcome outcome = Run("--scene s.json --camera_location 900,0,-60 --camera_rotation 0,0,0");
  EXPECT_NE(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(Result()["status"], "no_overlap");
}

// The object is about 80 px tall in binary masks: sigma is 0.1 degrees about its worst axis.
TEST_F(CliTest, DemoWritesEverything) {
  const Outcome outcome = Run("");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(Files(), (std::set<std::string>{"out"}));
  EXPECT_EQ(Files("out"),
            (std::set<std::string>{"result.json", "optimization.gif", "comparison.png",
                                   "overlay_camera1.png", "overlay_camera2.png"}));
  const Json json = Result();
  EXPECT_EQ(json["status"], "converged");
  EXPECT_TRUE(json["usable"].get<bool>());
  EXPECT_EQ(json["views"].size(), 2u);
  EXPECT_LT(json["errors"]["rotation_deg"].get<double>(), 0.4);
  EXPECT_LT(json["errors"]["translation_percent_of_distance"].get<double>(), 0.1);
  EXPECT_LE(json["cost"]["final"].get<double>(), json["cost"]["initial"].get<double>());
  for (const char* part : {"reference", "aligned", "world -> camera", "Stopped: converged"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
  }
}

TEST_F(CliTest, TheUsersCommandWorksVerbatim) {
  const Outcome outcome = Run("--loop_num 3000 --camera_location \"(81,0,96)\"");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_LT(Result()["errors"]["rotation_deg"].get<double>(), 0.4);
}

TEST_F(CliTest, NotConvergedIsExitCodeTwoWithOutputs) {
  const Outcome outcome = Run("--loop_num 1 --out_dir somewhere/new");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(Files("somewhere/new").count("result.json"), 1u);
  EXPECT_FALSE(Result("somewhere/new")["usable"].get<bool>());
}

TEST_F(CliTest, OldNamesChooseThePicturesPaths) {
  const Outcome outcome =
      Run("--filename_output a.gif --start_end_output b.png --image_size 128,153");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Files(), (std::set<std::string>{"out", "a.gif", "b.png"}));
  EXPECT_EQ(Files("out").count("optimization.gif"), 0u);
}

TEST_F(CliTest, SceneFileAndThreadsGiveTheSameBits) {
  WriteProblem(work_);
  Json first;
  for (const char* threads : {"1", "2", "4"}) {
    const Outcome outcome =
        Run(std::string("--scene s.json --out_dir o") + threads + " --num_threads " + threads);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    Json json = Result(std::string("o") + threads);
    EXPECT_LT(json["errors"]["rotation_deg"].get<double>(), 0.05);
    json.erase("seconds");
    if (first.is_null()) first = json;
    EXPECT_EQ(json.dump(), first.dump());
  }
}

TEST_F(CliTest, FlagsMeanWhatTheSceneFileMeans) {
  const FileProblem problem = WriteProblem(work_);
  ASSERT_EQ(Run("--scene s.json").exit_code, 0);
  const Json scene = Result()["rig_from_world"];
  for (const RigForm form : {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
    const PoseMatrices relative = RelativeFromCam2FromCam1(problem.cam2_from_cam1, form);
    const std::string common = "--mesh m.obj" + StartFlags(problem.start) + " --R_rel " +
                               Numbers(relative.R) + " --T_rel " + Numbers(relative.T.transpose()) +
                               " --rig_convention " + ToString(form);
    for (const char* rest : {" --masks l.png,r.png --K 150,150,80,60",
                             " --mask_path l.png --mask_path_2 r.png --pixel_center 0 --K "
                             "'150,150,79.5,59.5; 150,150,79.5,59.5' --image_size 120,160"}) {
      const Outcome outcome = Run(common + rest);
      EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
      const Json json = Result();
      EXPECT_FALSE(json.contains("errors"));
      EXPECT_EQ(Files("out").count("overlay_l.png"), 1u);
      for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(json["rig_from_world"]["t"][i].get<double>(), scene["t"][i].get<double>(),
                    1e-6);
        EXPECT_NEAR(json["rig_from_world"]["R"][0][i].get<double>(), scene["R"][0][i].get<double>(),
                    1e-6);
      }
    }
  }
}

TEST_F(CliTest, StartFlagsOverrideTheScenesStart) {
  const FileProblem problem = WriteProblem(work_);
  SceneDescription description = problem.description;
  description.initial_rig_from_world.reset();
  SaveScene(work_ / "no_start.json", description);
  EXPECT_EQ(Run("--scene no_start.json --camera_location 2.2,1.3,5.8").exit_code, 0);
  EXPECT_LT(Result()["errors"]["rotation_deg"].get<double>(), 0.05);
  EXPECT_FALSE(Result()["searched"].get<bool>());
}

// The scene's start is 10 degrees off; without it the program has to look everywhere.
TEST_F(CliTest, WithoutAStartAllRotationsAreSearched) {
  const FileProblem problem = WriteProblem(work_);
  SceneDescription description = problem.description;
  description.initial_rig_from_world.reset();
  SaveScene(work_ / "no_start.json", description);
  const std::pair<const char*, const char*> runs[] = {
      {"--scene no_start.json", "No start given: searching all rotations"},
      {"--scene s.json --search", "--search: searching all rotations"}};
  Json first;
  for (const auto& [arguments, message] : runs) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_NE(outcome.out.find(message), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("Found without a start"), std::string::npos) << outcome.out;
    Json json = Result();
    EXPECT_TRUE(json["searched"].get<bool>());
    EXPECT_FALSE(json["ambiguous"].get<bool>());
    EXPECT_LT(json["errors"]["rotation_deg"].get<double>(), 0.5);
    EXPECT_LT(json["errors"]["translation_percent_of_distance"].get<double>(), 1);
    EXPECT_EQ(Files("out").size(), 5u);
    json.erase("seconds");
    if (first.is_null()) first = json;
    EXPECT_EQ(json, first);
  }
}

TEST_F(CliTest, FlagsAloneNeedNoStart) {
  const FileProblem problem = WriteProblem(work_);
  const PoseMatrices relative =
      RelativeFromCam2FromCam1(problem.cam2_from_cam1, RigForm::kPyTorch3dRow);
  const Outcome outcome =
      Run("--mesh m.obj --masks l.png,r.png --K 150,150,80,60 --rig_convention pytorch3d_row "
          "--R_rel " +
          Numbers(relative.R) + " --T_rel " + Numbers(relative.T.transpose()));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const Json json = Result();
  EXPECT_TRUE(json["searched"].get<bool>());
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(json["rig_from_world"]["t"][i].get<double>(), problem.truth.translation(i), 0.06);
    EXPECT_NEAR(json["rig_from_world"]["R"][0][i].get<double>(), problem.truth.R()(0, i), 0.008);
  }
}

TEST_F(CliTest, TheDemoCanBeSearchedToo) {
  const Outcome outcome = Run("--search --image_size 128,153");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(Result()["searched"].get<bool>());
  EXPECT_LT(Result()["errors"]["rotation_deg"].get<double>(), 0.8);
}

// A six-fold prism fits its masks in twelve rotations, whichever is true.
TEST_F(CliTest, ASymmetricObjectIsAmbiguousAndNotUsable) {
  FileProblem problem = WriteProblem(work_);
  const TriangleMesh prism = MakePrism(1, 2.4, 6);
  WriteObj(work_ / "m.obj", prism);
  for (ViewDescription& view : problem.description.views) {
    SaveMask(work_ / view.mask,
             RenderMask(prism, view.cam_from_rig.value_or(Rigid3d()) * problem.truth,
                        {160, 120, 150, 150, 80, 60}, 8));
  }
  problem.description.initial_rig_from_world.reset();
  SaveScene(work_ / "s.json", problem.description);
  const Outcome outcome = Run("--scene s.json");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find("AMBIGUOUS"), std::string::npos) << outcome.out;
  const Json json = Result();
  EXPECT_EQ(json["status"], "converged");
  EXPECT_TRUE(json["ambiguous"].get<bool>());
  EXPECT_FALSE(json["usable"].get<bool>());
  ASSERT_FALSE(json["alternatives"].empty());
  EXPECT_LT(json["alternatives"][0]["cost_ratio"].get<double>(), kAmbiguousRatio);
  EXPECT_EQ(json["alternatives"][0]["rig_from_world"]["R"].size(), 3u);
  EXPECT_EQ(Files("out").size(), 5u);
}

}  // namespace
}  // namespace ceres_align
