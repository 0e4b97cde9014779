// What the tests of ceres_align's program share: running it in a folder of its own, and a small
// problem in files.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align::testing {

namespace fs = std::filesystem;
using Json = nlohmann::json;

inline std::string ReadAll(const fs::path& path) {
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
class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    logs_ = fs::path(::testing::TempDir()) /
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

inline FileProblem WriteProblem(const fs::path& folder) {
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

inline std::string StartFlags(const Rigid3d& start) {
  const Pytorch3dPose pose = ToPytorch3d(start);
  return " --camera_rotation " + Numbers(pose.R) + " --camera_translation " +
         Numbers(pose.T.transpose());
}

}  // namespace ceres_align::testing
