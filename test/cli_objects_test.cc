// The program on several objects in the same images, and on meshes of several parts.
#include <fstream>

#include "ceres_align/synth/object_pair.h"
#include "cli_testing.h"

namespace ceres_align::testing {
namespace {

/// PGMs of 0, 3 (the farther object) and 7, meshes, and s.json with the truth and starts.
SceneDescription WriteObjects(const fs::path& folder) {
  ObjectPairOptions options;
  options.camera = {640, 480, 660, 660, 320, 240};
  options.num_views = 2;
  ceres_align::Random random(5);
  const ObjectPair pair =
      MakeObjectPair(MakeMultiPart(1500), MakeBumpyBlob(1500, 7), options, &random);
  SceneDescription scene;
  for (const PairMember* member : {&pair.farther, &pair.nearer}) {
    const bool nearer = member == &pair.nearer;
    ObjectDescription object;
    object.name = nearer ? "lump" : "parts";
    object.mesh = object.name + ".obj";
    object.label = nearer ? "7" : "3";
    WriteObj(folder / object.mesh, member->mesh);
    object.true_rig_from_world = member->rig_from_world;
    object.initial_rig_from_world = member->rig_from_world;
    object.initial_rig_from_world->translation *= 1.02;
    scene.objects.push_back(object);
  }
  for (size_t v = 0; v < pair.cam_from_rig.size(); ++v) {
    ViewDescription view;
    view.name = v == 0 ? "left" : "right";
    view.mask = view.name + ".pgm";
    view.width_px = options.camera.width_px;
    view.height_px = options.camera.height_px;
    view.K = options.camera.K();
    view.cam_from_rig = pair.cam_from_rig[v];
    std::ofstream file(folder / view.mask, std::ios::binary);
    file << "P5\n640 480\n255\n";
    for (size_t i = 0; i < pair.farther.seen[v].pixels.size(); ++i) {
      const bool far = pair.farther.seen[v].pixels[i] > 0, near = pair.nearer.seen[v].pixels[i] > 0;
      file << static_cast<char>(far ? 3 : near ? 7 : 0);
    }
    scene.views.push_back(view);
  }
  SaveScene(folder / "s.json", scene);
  return scene;
}

TEST_F(CliTest, SeveralObjects) {
  WriteObjects(work_);
  for (const char* search : {"", " --search"}) {
    const Outcome outcome = Run(std::string("--scene s.json") + search);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(Files("out"), (std::set<std::string>{"lump", "parts", "overlay_left.png",
                                                   "overlay_right.png", "result.json"}));
    const Json summary = Result();
    EXPECT_TRUE(summary["usable"].get<bool>());
    EXPECT_GE(summary["rounds"].get<int>(), 1);
    ASSERT_EQ(summary["objects"].size(), 2u);
    for (const Json& object : summary["objects"]) {
      const std::string name = object["name"];
      EXPECT_EQ(Files("out/" + name), (std::set<std::string>{"comparison.png", "overlay_left.png",
                                                             "overlay_right.png", "result.json"}));
      EXPECT_LT(object["errors"]["rotation_deg"].get<double>(), 0.1);
      EXPECT_LT(object["errors"]["translation_percent_of_distance"].get<double>(), 0.05);
      EXPECT_EQ(object["failed_checks"], Json::array());
      EXPECT_EQ(object["result"], name + "/result.json");
      const Json full = Result("out/" + name);
      EXPECT_EQ(full["rig_from_world"], object["rig_from_world"]);
      EXPECT_EQ(full["searched"].get<bool>(), search[0] != 0);
      EXPECT_NE(outcome.out.find("==== " + name + " ===="), std::string::npos);
      EXPECT_NE(outcome.out.find("  " + name + ": usable\n"), std::string::npos) << outcome.out;
    }
  }
}

// The wrong mesh for one of them: it is named, the other is not touched by it.
TEST_F(CliTest, OneOfSeveralIsNotUsable) {
  SceneDescription scene = WriteObjects(work_);
  WriteObj(work_ / "wrong.obj", MakeCube(8));
  scene.objects[1].mesh = "wrong.obj";
  SaveScene(work_ / "w.json", scene);
  const Outcome outcome = Run("--scene w.json --outputs json");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.out.find("  parts: usable\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("  lump: NOT usable, failed: "), std::string::npos) << outcome.out;
  const Json summary = Result();
  EXPECT_FALSE(summary["usable"].get<bool>());
  EXPECT_TRUE(summary["objects"][0]["usable"].get<bool>());
  EXPECT_FALSE(summary["objects"][1]["usable"].get<bool>());
  EXPECT_FALSE(summary["objects"][1]["failed_checks"].empty());
  EXPECT_EQ(Files("out/lump"), std::set<std::string>{"result.json"});
}

TEST_F(CliTest, BadInputOfSeveralObjects) {
  SceneDescription scene = WriteObjects(work_);
  ExpectBadInput("--scene s.json --refine scale", "--refine cannot be given");
  ExpectBadInput("--scene s.json --camera_location 1,2,3", "--camera_location cannot be given");
  ExpectBadInput("--scene s.json --mesh lump.obj", "--mesh cannot be given together");
  ExpectBadInput("--scene s.json --outputs json,gif", "no animation");
  ExpectBadInput("--scene s.json --render all", "--render cannot be given");
  ExpectBadInput("--scene s.json --start_end_output a.png", "--start_end_output cannot be given");
  scene.objects[0].label = "5";
  SaveScene(work_ / "bad.json", scene);
  ExpectBadInput("--scene bad.json", "no pixel has the label 5; it has 0, 3, 7");
}

TEST_F(CliTest, MasksByLabelOnTheCommandLine) {
  const SceneDescription scene = WriteObjects(work_);
  const std::string flags =
      "--mesh lump.obj --K 660,660,320,240 --pixel_center 0.5 --outputs json --masks left.pgm";
  const Outcome outcome = Run(flags + ":7");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(Result()["views"][0]["name"], "left");
  const Json t = Result()["rig_from_world"]["t"];
  const Eigen::Vector3d found(t[0], t[1], t[2]),
      truth = scene.objects[1].true_rig_from_world->translation;
  EXPECT_LT((found - truth).norm(), 2e-3 * truth.norm());
  ExpectBadInput(flags + ":4 --out_dir other", "left.pgm: no pixel has the label 4");
}

// Half of the object in each of two files.
TEST_F(CliTest, AMeshOfSeveralParts) {
  const FileProblem problem = WriteProblem(work_);
  const TriangleMesh whole = LoadMesh(work_ / "m.obj").mesh;
  TriangleMesh halves[2] = {whole, whole};
  const size_t middle = whole.faces.size() / 2;
  halves[0].faces.assign(whole.faces.begin(), whole.faces.begin() + static_cast<long>(middle));
  halves[1].faces.assign(whole.faces.begin() + static_cast<long>(middle), whole.faces.end());
  const Rigid3d object_from_mesh(ExpRotation({0.2, -0.7, 0.4}), Eigen::Vector3d(0.3, 2, -1));
  for (Eigen::Vector3d& v : halves[1].vertices) v = Inverse(object_from_mesh) * v;
  for (TriangleMesh& half : halves) CleanMesh(&half);
  WriteObj(work_ / "a.obj", halves[0]);
  WriteObj(work_ / "b.obj", halves[1]);
  SceneDescription scene = problem.description;
  scene.mesh.clear();
  scene.mesh_parts = {{"a.obj", {}}, {"b.obj", object_from_mesh}};
  SaveScene(work_ / "parts.json", scene);
  EXPECT_EQ(Run("--scene parts.json --outputs json").exit_code, 0);
  EXPECT_LT(Result()["errors"]["rotation_deg"].get<double>(), 0.05);
  // Drawn as the whole is.
  const auto draw = [&](const std::string& scene_name, const std::string& folder) {
    const std::string command = "cd '" + work_.string() +
                                "' && '" CERES_ALIGN_TOOLS_DIR
                                "/render_scene' --pose truth --render mask --scene " +
                                scene_name + " --out_dir " + folder + " > /dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
  };
  draw("s.json", "whole");
  draw("parts.json", "merged");
  ASSERT_EQ(Files("whole"), Files("merged"));
  for (const std::string& name : Files("whole")) {
    if (fs::path(name).extension() != ".png") continue;
    EXPECT_EQ(ReadAll(work_ / "whole" / name), ReadAll(work_ / "merged" / name)) << name;
  }
  // One of them alone is not the object.
  scene.mesh_parts.pop_back();
  SaveScene(work_ / "half.json", scene);
  EXPECT_EQ(Run("--scene half.json --outputs json").exit_code, 2);
}

}  // namespace
}  // namespace ceres_align::testing
