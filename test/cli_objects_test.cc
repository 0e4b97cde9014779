// The program on several objects in the same images, and on meshes of several parts.
#include <fstream>
#include <map>
#include <mutex>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/scenes/run_scenes.h"
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
      EXPECT_EQ(Files("out/" + name),
                (std::set<std::string>{"comparison.png", "report.html", "overlay_left.png",
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
// Labels of the maps against the images of labels, which the point sampler drew.
TEST_F(CliTest, MapsOfSeveralObjects) {
  WriteObjects(work_);
  const Outcome outcome = Run("--scene s.json --outputs json --render depth,label --render_size 1");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(Files("out"),
            (std::set<std::string>{"lump", "parts", "left_depth.exr", "left_depth.png",
                                   "left_label.png", "maps.json", "result.json", "right_depth.exr",
                                   "right_depth.png", "right_label.png"}));
  const Json maps = Json::parse(ReadAll(work_ / "out/maps.json"));
  EXPECT_EQ(maps["objects"][0]["name"], "parts");
  EXPECT_EQ(maps["objects"][1]["label"], 2);
  EXPECT_EQ(maps["objects"][1]["world_from_object"]["t"],
            Result()["objects"][1]["rig_from_world"]["t"]);
  for (const std::string view : {"left", "right"}) {
    for (const auto& [label, in_mask] : {std::pair(":1", ":3"), {":2", ":7"}}) {
      const ImageF drawn = LoadMask((work_ / "out" / (view + "_label.png")).string() + label).mask;
      const ImageF truth = LoadMask((work_ / (view + ".pgm")).string() + in_mask).mask;
      double shown = 0, differing = 0;
      for (size_t i = 0; i < truth.pixels.size(); ++i) {
        shown += truth.pixels[i];
        differing += drawn.pixels[i] != truth.pixels[i];
      }
      EXPECT_GT(shown, 1000);
      EXPECT_LT(differing, 0.01 * shown) << view << label;
    }
  }
  // render_scene draws the same from the summary.
  const auto render = [&](const std::string& flags) {
    const std::string command = "cd '" + work_.string() +
                                "' && '" CERES_ALIGN_TOOLS_DIR "/render_scene' --scene s.json " +
                                flags + " > ../out.txt 2> ../err.txt";
    return WEXITSTATUS(std::system(command.c_str()));
  };
  ASSERT_EQ(render("--pose out/result.json --render label --out_dir maps"), 0);
  for (const char* file : {"left_label.png", "right_label.png"}) {
    EXPECT_EQ(ReadAll(work_ / "maps" / file), ReadAll(work_ / "out" / file)) << file;
  }
  EXPECT_EQ(render("--pose truth --render all --out_dir truth"), 0);
  EXPECT_TRUE(fs::exists(work_ / "truth/right_position.exr"));
  EXPECT_EQ(render("--pose out/lump/result.json --out_dir no"), 1);
  EXPECT_NE(ReadAll(logs_ / "err.txt").find("objects is missing"), std::string::npos);
  std::ofstream(work_ / "r.json") << R"({"objects": [{"name": "parts"}]})";
  EXPECT_EQ(render("--pose r.json --out_dir no"), 1);
  EXPECT_NE(ReadAll(logs_ / "err.txt").find("objects[0].rig_from_world is missing"),
            std::string::npos);
  SceneDescription scene = ReadSceneDescription(work_ / "s.json");
  scene.objects[1].true_rig_from_world.reset();
  SaveScene(work_ / "s.json", scene);
  EXPECT_EQ(render("--pose truth --out_dir no"), 1);
  EXPECT_NE(ReadAll(logs_ / "err.txt").find("object \"lump\" of s.json has none"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(work_ / "no"));
}

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
  ExpectBadInput("--scene s.json --start_end_output a.png", "--start_end_output cannot be given");
  scene.objects[0].label = "5";
  SaveScene(work_ / "bad.json", scene);
  ExpectBadInput("--scene bad.json", "no pixel has the label 5; it has 0, 3, 7");
}

// Scenes of several objects beside one of a single object: lines, folders and bits.
class ObjectsBatchTest : public CliTest {
 protected:
  // a.json, b.json (search), bad.json and one.json; m.jsonl lists them.
  void WriteScenes() {
    SceneDescription scene = WriteObjects(work_);
    fs::rename(work_ / "s.json", work_ / "a.json");
    SceneDescription one = SceneOfObject(scene, 1);
    SaveScene(work_ / "one.json", one);
    for (ObjectDescription& object : scene.objects) object.initial_rig_from_world.reset();
    SaveScene(work_ / "b.json", scene);
    scene.objects[0].label = "5";
    SaveScene(work_ / "bad.json", scene);
    std::ofstream list(work_ / "m.jsonl");
    for (const char* id : {"a", "b", "bad", "one"}) {
      list << Json{{"id", id}, {"scene", id + std::string(".json")}}.dump() << "\n";
    }
  }
  int Batch(const std::string& arguments) const {
    const std::string command =
        "cd '" + work_.string() + "' && '" CERES_ALIGN_TOOLS_DIR
        "/ceres_align_batch' --backend cpu --scenes m.jsonl " + arguments + " > ../out.txt 2>&1";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::vector<Json> Lines(const std::string& name) const {
    std::vector<Json> lines;
    std::istringstream text(ReadAll(work_ / name));
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }
};

TEST_F(ObjectsBatchTest, ALineHasTheObjectsWithTheProgramsBits) {
  WriteScenes();
  EXPECT_EQ(Batch("--out_dir all --outputs json,overlay,gif"), 2) << ReadAll(logs_ / "out.txt");
  const std::vector<Json> lines = Lines("all/results.jsonl");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_NE(lines[2]["error"].get<std::string>().find("no pixel has the label 5"),
            std::string::npos)
      << lines[2];
  EXPECT_FALSE(lines[3].contains("objects"));
  for (const size_t i : {0, 1}) {
    const Json& line = lines[i];
    const std::string id = line["id"];
    ASSERT_EQ(Run("--backend cpu --scene " + id + ".json --outputs json --out_dir " + id).exit_code,
              0);
    Json summary = Result(id);
    EXPECT_TRUE(line["usable"].get<bool>() && line["right"].get<bool>());
    EXPECT_EQ(line["rounds"], summary["rounds"]);
    ASSERT_EQ(line["objects"].size(), 2u);
    for (size_t k = 0; k < 2; ++k) {
      const Json& object = line["objects"][k];
      const std::string name = object["name"];
      EXPECT_EQ(name, k == 0 ? "parts" : "lump");
      for (const char* key : {"rig_from_world", "accuracy", "errors"}) {
        ASSERT_FALSE(object[key].empty());
        for (const auto& [part, value] : object[key].items()) {
          EXPECT_EQ(value, summary["objects"][k][key][part]) << id << " " << name << " " << key;
        }
      }
      EXPECT_EQ(object["status"], summary["objects"][k]["status"]);
      EXPECT_EQ(object["searched"].get<bool>(), i == 1);
      EXPECT_EQ(object["iou"].size(), 2u);
      EXPECT_EQ(object["failed"], Json::array());
      Json alone = Result(id + "/" + name), of_batch = Result("all/" + id + "/" + name);
      alone.erase("seconds");
      of_batch.erase("seconds");
      EXPECT_EQ(alone, of_batch);
      EXPECT_EQ(Files("all/" + id + "/" + name),
                (std::set<std::string>{"overlay_left.png", "overlay_right.png", "result.json"}));
    }
    summary.erase("seconds");
    Json of_batch = Result("all/" + id);
    of_batch.erase("seconds");
    EXPECT_EQ(of_batch, summary);
    EXPECT_EQ(Files("all/" + id), (std::set<std::string>{"lump", "parts", "overlay_left.png",
                                                         "overlay_right.png", "result.json"}));
  }
  // Shares, in processes of other numbers of threads, give the same bits.
  EXPECT_EQ(Batch("--out_dir shares --shard 2/2 --num_threads 1"), 0);
  EXPECT_EQ(Batch("--out_dir shares --shard 1/2 --num_threads 3"), 2);
  EXPECT_EQ(ReadAll(work_ / "shares/results.jsonl"), ReadAll(work_ / "all/results.jsonl"));
}

TEST_F(ObjectsBatchTest, MeshesArePreparedOnceForAll) {
  WriteScenes();
  CpuRasterizer first(1), second(1);
  MeshStore meshes(size_t{1} << 30);
  std::mutex mutex;
  std::map<std::string, std::set<const PreparedMesh*>> prepared;
  SceneRunOptions options;
  options.align.covariance = false;
  RunScenes(
      ListScenes(work_ / "m.jsonl"), {&first, &second}, &meshes, options,
      [&](const SceneOutcome& outcome) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!outcome.objects) {
          if (outcome.error.empty()) prepared["lump"].insert(outcome.meshes.at(0).get());
          return;
        }
        for (const ObjectResult& object : outcome.objects->objects) {
          prepared[object.name].insert(object.meshes.at(0).get());
        }
      },
      {});
  EXPECT_EQ(meshes.num_meshes(), 2u);
  EXPECT_EQ(prepared.size(), 2u);
  for (const auto& [name, of_scenes] : prepared) EXPECT_EQ(of_scenes.size(), 1u) << name;
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

// A map of probabilities that is 0.2 beside the object and 0.7 on it.
TEST_F(CliTest, MaskThresholdMakesProbabilitiesBinary) {
  const FileProblem problem = WriteProblem(work_);
  for (const std::string name : {"l.png", "r.png"}) {
    ImageF mask = LoadMask(work_ / name).mask;
    for (float& v : mask.pixels) v = 0.2f + 0.5f * v;
    SaveMask(work_ / name, mask);
  }
  const std::string run = "--scene s.json --outputs json";
  ASSERT_EQ(Run(run + " --mask_threshold 0.45 --out_dir out").exit_code, 0);
  const Json pose = Result()["rig_from_world"];
  const Eigen::Vector3d t(pose["t"][0], pose["t"][1], pose["t"][2]);
  EXPECT_LT((t - problem.truth.translation).norm(), 0.02);
  const Json at_threshold = Result()["views"][0]["iou"];
  EXPECT_GT(at_threshold.get<double>(), 0.95);
  // Without it, and where it takes the scene's away, the maps are as they are.
  SceneDescription scene = problem.description;
  scene.mask_threshold = 0.45;
  SaveScene(work_ / "t.json", scene);
  ASSERT_NE(Run(run + " --out_dir as_they_are").exit_code, 1);
  EXPECT_LT(Result("as_they_are")["views"][0]["iou"].get<double>(), 0.9);
  ASSERT_NE(Run("--scene t.json --outputs json --mask_threshold 0 --out_dir off").exit_code, 1);
  EXPECT_EQ(Result("off")["views"][0]["iou"], Result("as_they_are")["views"][0]["iou"]);
  ASSERT_EQ(Run("--scene t.json --outputs json --out_dir scenes").exit_code, 0);
  EXPECT_EQ(Result("scenes")["views"][0]["iou"], at_threshold);
  ExpectBadInput(run + " --mask_threshold 1.5 --out_dir no",
                 "--mask_threshold is 1.5; it must be above 0 and at most 1");
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
