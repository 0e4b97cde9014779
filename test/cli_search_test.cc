// ceres_align without a start: what it prints, its files and exit codes.
#include "ceres_align/align/aligner.h"
#include "cli_testing.h"

namespace ceres_align::testing {
namespace {

using CliSearchTest = CliTest;

// The scene's start is 10 degrees off; without it the program has to look everywhere.
TEST_F(CliSearchTest, WithoutAStartAllRotationsAreSearched) {
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
    EXPECT_EQ(Files("out").size(), 6u);
    json.erase("seconds");
    if (first.is_null()) first = json;
    EXPECT_EQ(json, first);
  }
}

TEST_F(CliSearchTest, FlagsAloneNeedNoStart) {
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

TEST_F(CliSearchTest, WhatIsKnownOfThePoseIsKept) {
  const FileProblem problem = WriteProblem(work_);
  const double distance = problem.truth.translation.norm();
  const std::string near = Numbers(Eigen::Vector2d(0.7 * distance, 0.8 * distance).transpose()),
                    right = Numbers(Eigen::Vector2d(0.9 * distance, 1.1 * distance).transpose());
  EXPECT_EQ(Run("--scene s.json --search --distance " + right).exit_code, 0);
  const auto prior = [this] {
    const Json checks = Result()["checks"];
    return Json(checks[checks.size() - 2]);
  };
  EXPECT_EQ(prior()["message"], "the pose is where it was said to be");
  const Outcome outcome = Run("--scene s.json --search --distance " + near);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("search stage 1 "), std::string::npos) << outcome.out;
  const Json check = prior();
  EXPECT_EQ(check["name"], "prior");
  EXPECT_FALSE(check["passed"].get<bool>());
  EXPECT_NEAR(Result()["options"]["prior"]["max_distance"].get<double>(), 0.8 * distance, 1e-6);
}

TEST_F(CliSearchTest, TheDemoCanBeSearchedToo) {
  const Outcome outcome = Run("--search --image_size 128,153");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_TRUE(Result()["searched"].get<bool>());
  EXPECT_LT(Result()["errors"]["rotation_deg"].get<double>(), 0.8);
}

// A six-fold prism fits its masks in twelve rotations, whichever is true.
TEST_F(CliSearchTest, ASymmetricObjectIsAmbiguousAndNotUsable) {
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
  EXPECT_EQ(Files("out").size(), 6u);
}

}  // namespace
}  // namespace ceres_align::testing
