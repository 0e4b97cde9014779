// ceres_align as a user runs it: exit codes, messages, files.
#include "cli_testing.h"

namespace ceres_align::testing {
namespace {

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
  ExpectBadInput("--final_image_size \"(256,306)\"", "leave it out");
  ExpectBadInput("--quite_unlike=3", "unknown flag --quite_unlike");
  ExpectBadInput("--loop_num many", "--loop_num: \"many\" is not a valid int32");
  ExpectBadInput("--loop_num 0", "--loop_num is 0");
  ExpectBadInput("--loop_num", "--loop_num needs a value");
  ExpectBadInput("stray.obj", "unexpected argument \"stray.obj\"");
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

TEST_F(CliTest, BadPriors) {
  ExpectBadInput("--trust_deg 0", "--trust_deg is 0");
  ExpectBadInput("--trust_percent -3", "--trust_percent is -3");
  ExpectBadInput("--trust_deg 20 --search", "no start");
  ExpectBadInput("--distance 3", "--distance is \"3\"");
  ExpectBadInput("--distance 5,3", "--distance is \"5,3\"");
  ExpectBadInput("--distance a,b", "--distance");
  ExpectBadInput("--up_in_world 0,0,0", "--up_in_world is zero");
  ExpectBadInput("--up_in_world 0,1,0 --up_in_camera 0,0,0", "--up_in_camera is zero");
  ExpectBadInput("--up_in_world 0,1,0 --max_tilt_deg 0", "--max_tilt_deg is 0");
  ExpectBadInput("--max_tilt_deg 20", "without --up_in_world");
  ExpectBadInput("--outline_tolerance 0.5", "outline_tolerance is 0.5");
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
  ExpectBadInput("--scene s.json --mesh_scale 2", "--mesh_scale cannot be given together with");
  ExpectBadInput("--scene s.json --mesh_unit mm", "--mesh_unit cannot be given together with");
  ExpectBadInput("--scene s.json --mesh_up z", "--mesh_up cannot be given together with --scene");
  ExpectBadInput("--mesh_unit mm", "--mesh_unit needs --mesh and --masks");
  const std::string one = "--mesh m.obj --masks l.png --fov_deg 43.6 ";
  ExpectBadInput(one + "--mesh_unit mm --mesh_scale 1", "--mesh_unit and --mesh_scale are two");
  ExpectBadInput(one + "--mesh_unit mm --initial_scale 2", "--mesh_unit and --mesh_scale are two");
  ExpectBadInput(one + "--mesh_unit parsec", "--mesh_unit is \"parsec\"; it must be mm, cm, m, in");
  ExpectBadInput(one + "--mesh_up up", "--mesh_up is \"up\"; it must be x, y, z, -x, -y or -z");
  ExpectBadInput(one + "--mesh_scale -1", "--mesh_scale is -1; it must be a positive number");
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
                                   "report.html", "overlay_camera1.png", "overlay_camera2.png"}));
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

TEST_F(CliTest, RefineSolvesForMoreThanThePose) {
  WriteProblem(work_);
  Json first;
  for (const char* threads : {"1", "3"}) {
    const Outcome outcome = Run(std::string("--scene s.json --refine scale,focal=20 --out_dir o") +
                                threads + " --num_threads " + threads);
    EXPECT_NE(outcome.exit_code, 1) << outcome.err;
    Json json = Result(std::string("o") + threads);
    ASSERT_EQ(json["unknowns"].size(), 2u);
    EXPECT_EQ(json["unknowns"][0]["name"], "scale");
    EXPECT_NEAR(json["unknowns"][0]["value"].get<double>(), 1, 0.02);
    EXPECT_TRUE(json["unknowns"][0]["prior_sigma"].is_null());
    EXPECT_EQ(json["unknowns"][1]["name"], "focal length");
    EXPECT_NEAR(json["unknowns"][1]["value"].get<double>(), 150, 3);
    EXPECT_NEAR(json["unknowns"][1]["prior_sigma"].get<double>(), 30, 1e-9);
    EXPECT_EQ(json["cameras"][0]["K"][0][0], json["unknowns"][1]["value"]);
    EXPECT_NE(outcome.out.find("Found together with the pose:"), std::string::npos);
    json.erase("seconds");
    if (first.is_null()) first = json;
    EXPECT_EQ(json.dump(), first.dump());
  }
  for (const auto& [flags, message] : std::vector<std::pair<const char*, const char*>>{
           {"--scene s.json --refine zoom", "\"zoom\" is unknown"},
           {"--scene s.json --fov_range_deg 20,60", "--fov_range_deg cannot be given together"},
           {"--mesh m.obj --masks l.png --fov_range_deg 60,20", "the smaller first"},
           {"--mesh m.obj --masks l.png --fov_deg 40 --fov_range_deg 20,60", "give one of them"}}) {
    const Outcome outcome = Run(flags);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
  }
  // A single photograph, of which only this much is known.
  const Outcome outcome = Run("--mesh m.obj --masks l.png --fov_range_deg 25,75 --out_dir o4");
  EXPECT_NE(outcome.exit_code, 1) << outcome.err;
  EXPECT_NEAR(Result("o4")["unknowns"][0]["value"].get<double>(), 150, 15);
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

// The same mesh as CAD writes it, in inches and z-up: the same pose, by flags and by the scene.
TEST_F(CliTest, MeshInOtherUnitsAndAxesGivesTheSameWorld) {
  const FileProblem problem = WriteProblem(work_);
  TriangleMesh mesh = LoadMesh(work_ / "m.obj").mesh;
  for (Eigen::Vector3d& v : mesh.vertices) v = Eigen::Vector3d(v.x(), -v.z(), v.y()) / 0.0254;
  WriteObj(work_ / "cad.obj", mesh);
  SceneDescription description = problem.description;
  description.mesh = "cad.obj";
  description.mesh_frame = {0.0254, UpAxis::kZ};
  SaveScene(work_ / "cad.json", description);
  const auto expect_truth = [&](const std::string& arguments) {
    const Outcome outcome = Run(arguments);
    ASSERT_EQ(outcome.exit_code, 0) << arguments << outcome.err;
    EXPECT_NE(outcome.out.find("Mesh: multiplied by 0.0254, its +z turned to the world's +y"),
              std::string::npos)
        << outcome.out;
    const Eigen::Vector3d t = problem.truth.translation;
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(Result()["rig_from_world"]["t"][i].get<double>(), t[i], 2e-3 * t.norm());
    }
  };
  expect_truth("--scene cad.json");
  expect_truth("--mesh cad.obj --mesh_unit in --mesh_up z --masks l.png --K 150,150,80,60 " +
               StartFlags(problem.start));
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

}  // namespace
}  // namespace ceres_align::testing
