// Batches: lists of scenes, the journal, meshes that are shared, and the program that is killed.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "ceres_align/scenes/journal.h"
#include "ceres_align/scenes/mesh_store.h"
#include "ceres_align/scenes/scene_list.h"
#include "ceres_align/scenes/scenes_report.h"
#include "cli_testing.h"

namespace ceres_align {
namespace {

using testing::FileProblem;
using testing::Json;
using testing::Outcome;
using testing::ReadAll;
namespace fs = std::filesystem;

std::string MessageOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "(no error)";
}

class BatchTest : public testing::CliTest {
 protected:
  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((work_ / name).parent_path());
    std::ofstream(work_ / name, std::ios::binary) << text;
  }
  std::vector<std::string> Ids(const std::string& scenes) const {
    std::vector<std::string> ids;
    for (const ListedScene& scene : ListScenes(work_ / scenes)) ids.push_back(scene.id);
    return ids;
  }
  std::string ListError(const std::string& scenes) const {
    return MessageOf([&] { ListScenes(work_ / scenes); });
  }

  // A manifest of `count` scenes of the same masks from other starts, every one inline.
  void WriteManifest(int count) const {
    const FileProblem problem = testing::WriteProblem(work_);
    const Json scene = Json::parse(ReadAll(work_ / "s.json"));
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> angle(-0.15, 0.15);
    std::ofstream file(work_ / "m.jsonl");
    for (int i = 0; i < count; ++i) {
      SceneDescription description = problem.description;
      const Eigen::Vector3d turn(angle(random), angle(random), angle(random));
      description.initial_rig_from_world =
          problem.truth * Rigid3d(ExpRotation(turn), Eigen::Vector3d::Zero());
      SaveScene(work_ / "one.json", description);
      const Json one = {{"id", "s" + std::to_string(i)},
                        {"scene", Json::parse(ReadAll(work_ / "one.json"))}};
      file << one.dump() << "\n";
    }
  }

  std::vector<Json> Lines(const std::string& name) const {
    std::vector<Json> lines;
    std::istringstream text(ReadAll(work_ / name));
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  Outcome Batch(const std::string& arguments) const {
    const std::string command = "cd '" + work_.string() +
                                "' && '" CERES_ALIGN_TOOLS_DIR "/ceres_align_batch' " + arguments +
                                " > ../out.txt 2> ../err.txt";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(logs_ / "out.txt"),
            ReadAll(logs_ / "err.txt")};
  }

  // True if it was still running when it was killed.
  bool KillAfter(int milliseconds, const std::string& out_dir) const {
    const pid_t child = fork();
    if (child == 0) {
      if (chdir(work_.c_str()) != 0) _exit(126);
      const int null = open("/dev/null", O_WRONLY);
      dup2(null, 1);
      execl(CERES_ALIGN_TOOLS_DIR "/ceres_align_batch", "ceres_align_batch", "--scenes", "m.jsonl",
            "--out_dir", out_dir.c_str(), nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
};

using Strings = std::vector<std::string>;

TEST_F(BatchTest, FoldersListsAndManifests) {
  for (const char* name : {"set/b/scene.json", "set/a10/scene.json", "set/a2/scene.json",
                           "set/a2/camera.json", "flat/x.json", "flat/result.json"}) {
    Write(name, "{}");
  }
  EXPECT_EQ(Ids("set"), (Strings{"a2", "a10", "b"}));
  EXPECT_EQ(Ids("flat"), (Strings{"x"}));
  Write("list.txt", "# three\nset/b/scene.json\r\n\n  flat/x.json \n" + work_.string() +
                        "/set/a2/scene.json\n");
  EXPECT_EQ(Ids("list.txt"), (Strings{"set/b", "flat/x", "set/a2"}));
  Write("m.jsonl",
        "{\"id\": \"p/q\", \"scene\": \"flat/x.json\"}\n\n{\"scene\": {\"mesh\": \"m.obj\"}}\n");
  EXPECT_EQ(Ids("m.jsonl"), (Strings{"p/q", "000003"}));
  const std::vector<ListedScene> all = ListScenes(work_ / "set");
  EXPECT_EQ(ShareOf(all, 1, 2).size(), 1u);
  EXPECT_EQ(ShareOf(all, 1, 2)[0].id, "a10");
}

TEST_F(BatchTest, BadListsNameTheLine) {
  fs::create_directories(work_ / "empty");
  EXPECT_NE(ListError("empty").find("no scene.json"), std::string::npos);
  EXPECT_NE(ListError("nothing").find("no such file"), std::string::npos);
  Write("a.txt", "# none\n");
  EXPECT_NE(ListError("a.txt").find("names no scene"), std::string::npos);
  Write("b.txt", "x.json\ny.json\nx.json\n");
  EXPECT_NE(ListError("b.txt").find("\"x\" is that of"), std::string::npos);
  for (const auto& [line, what] : std::vector<std::pair<std::string, std::string>>{
           {"[1]", "one JSON object"},
           {"{\"scene\": 3}", "scene"},
           {"{\"id\": \"a\"}", "scene is missing"},
           {"{\"id\": \"\", \"scene\": \"x\"}", "the id \"\" cannot"},
           {"{\"id\": \"../a\", \"scene\": \"x\"}", "cannot be a path"},
           {"{\"id\": \"/a\", \"scene\": \"x\"}", "cannot be a path"},
           {"{\"path\": \"x\"}", "\"path\""},
           {"{\"scene\": \"x\"", "one JSON object"}}) {
    Write("bad.jsonl", "\n" + line + "\n");
    const std::string message = ListError("bad.jsonl");
    EXPECT_NE(message.find(what), std::string::npos) << line << ": " << message;
    EXPECT_NE(message.find("bad.jsonl:2: "), std::string::npos) << message;
  }
}

TEST_F(BatchTest, AJournalGoesOnFromItsLastWholeLine) {
  const fs::path path = work_ / "j" / "journal.jsonl";
  {
    Journal journal(path, "head", Journal::Mode::kGoOn);
    journal.Append("one");
    EXPECT_NE(MessageOf([&] {
                Journal second(path, "head", Journal::Mode::kGoOn);
              }).find("another process"),
              std::string::npos);
  }
  std::ofstream(path, std::ios::app) << "two\nhalf a li";
  {
    Journal journal(path, "head", Journal::Mode::kGoOn);
    EXPECT_EQ(journal.lines(), (Strings{"one", "two"}));
    journal.Append("three");
  }
  EXPECT_EQ(ReadAll(path), "head\none\ntwo\nthree\n");
  EXPECT_EQ(ReadJournal(path, "head"), (Strings{"one", "two", "three"}));
  EXPECT_NE(
      MessageOf([&] { Journal other(path, "tail", Journal::Mode::kGoOn); }).find("another batch"),
      std::string::npos);
  EXPECT_EQ(ReadAll(path), "head\none\ntwo\nthree\n");
  Journal anew(path, "tail", Journal::Mode::kAnew);
  EXPECT_EQ(ReadAll(path), "tail\n");
  // Cut off within the first line: as if it had never begun.
  std::ofstream(work_ / "k.jsonl") << "hea";
  Journal begun(work_ / "k.jsonl", "head", Journal::Mode::kGoOn);
  EXPECT_EQ(ReadAll(work_ / "k.jsonl"), "head\n");
}

TEST_F(BatchTest, MeshesAreSharedAndForgotten) {
  testing::WriteProblem(work_);
  WriteObj(work_ / "other.obj", MakeMultiPart(900));
  const auto scene_of = [&](const char* mesh, MeshStore* store) {
    SceneDescription description = ReadSceneDescription(work_ / "s.json");
    description.mesh = mesh;
    return BuildScene(description, work_, "s", store).scene;
  };
  MeshStore store(size_t{1} << 30);
  std::vector<PreparedMeshes> prepared(4);
  std::vector<std::thread> threads;
  for (PreparedMeshes& meshes : prepared) {
    threads.emplace_back([&] { meshes = store.Prepare(scene_of("m.obj", &store)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const PreparedMeshes& meshes : prepared) EXPECT_EQ(meshes[0], prepared[0][0]);
  EXPECT_EQ(store.num_meshes(), 1u);
  // The same file in another frame is another mesh.
  store.Load(work_ / "m.obj", {2.0, UpAxis::kY});
  EXPECT_EQ(store.num_meshes(), 2u);

  MeshStore small(1);
  const Scene used = scene_of("m.obj", &small);
  scene_of("other.obj", &small);  // used by nobody after this
  EXPECT_EQ(small.num_meshes(), 2u);
  scene_of("m.obj", &small);
  small.Load(work_ / "m.obj", {2.0, UpAxis::kY});
  EXPECT_LE(small.num_meshes(), 2u);
  const Scene again = scene_of("m.obj", &small);
  EXPECT_EQ(again.meshes[0], used.meshes[0]);

  EXPECT_NE(MessageOf([&] { store.Load(work_ / "none.obj", {}); }).find("no such file"),
            std::string::npos);
  WriteObj(work_ / "none.obj", MakeMultiPart(900));
  EXPECT_GT(store.Load(work_ / "none.obj", {}).mesh->faces.size(), 0u);
}

TEST_F(BatchTest, TheWorstComeFirst) {
  const std::vector<SceneRow> rows = {
      ReadResultLine(
          R"({"id":"good","usable":true,"right":true,"iou":[0.99,0.98],"seconds":{"total":0.01}})"),
      ReadResultLine(R"({"id":"<bad>","error":"a & b"})"),
      ReadResultLine(
          R"({"id":"wrong","usable":false,"right":false,"iou":[0.5],"failed":[{"name":"fit","message":"off"}]})"),
      ReadResultLine(R"({"id":"vague","usable":false,"right":true,"accuracy":null})")};
  EXPECT_EQ(rows[0].iou, 0.98);
  const SceneCounts counts = CountRows(rows);
  EXPECT_EQ(counts.usable + counts.inexact + counts.wrong + counts.error, 4u);
  EXPECT_EQ(counts.inexact, 1u);
  const std::string html = IndexHtml(rows, true);
  const size_t places[] = {html.find("&lt;bad&gt;"), html.find("wrong/"), html.find("vague/"),
                           html.find("good/")};
  for (int i = 0; i < 3; ++i) EXPECT_LT(places[i], places[i + 1]);
  EXPECT_NE(places[3], std::string::npos);
  EXPECT_NE(html.find("a &amp; b"), std::string::npos);
  EXPECT_NE(SummaryText(rows).find("1 of 4 scenes usable"), std::string::npos);
  const SceneRow several = ReadResultLine(
      R"({"id":"two","usable":false,"right":false,"objects":[
      {"name":"mug","iou":[0.9,0.8],"accuracy":{"rotation_deg":0.2},"failed":[],"searched":true},
      {"name":"box","iou":[0.85],"accuracy":{"rotation_deg":0.1},"failed":[{"name":"fit",
      "message":"off"}]}]})");
  EXPECT_EQ(several.kind, SceneRow::Kind::kWrong);
  EXPECT_EQ(several.iou, 0.8);
  EXPECT_EQ(several.rotation_deg, 0.2);
  EXPECT_EQ(several.words, "box: fit: off");
  EXPECT_TRUE(several.searched);
  EXPECT_THROW(ReadResultLine(R"({"id":"a","objects":[3]})"), InputError);
  EXPECT_THROW(ReadResultLine("{\"id\":3}"), InputError);
  EXPECT_THROW(ReadResultLine("{\"id\":\"a"), InputError);
}

TEST_F(BatchTest, ABadSceneIsALineAndNotTheEnd) {
  testing::WriteProblem(work_);
  Write("broken.json", "{");
  Write("list.txt", "broken.json\ns.json\nmissing.json\n");
  const Outcome outcome = Batch("--scenes list.txt --out_dir o --outputs json");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const std::vector<Json> lines = Lines("o/results.jsonl");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[0]["error"].get<std::string>().find("broken.json"), std::string::npos);
  EXPECT_TRUE(lines[1]["usable"].get<bool>());
  EXPECT_LT(lines[1]["errors"]["rotation_deg"].get<double>(), 0.1);
  EXPECT_NE(lines[2]["error"].get<std::string>().find("no such file"), std::string::npos);
  EXPECT_EQ(Files("o"),
            (std::set<std::string>{"results.jsonl", "index.html", "journal.jsonl", "s"}));
  // What the folder says is what ceres_align says.
  ASSERT_EQ(Run("--scene s.json --outputs json --out_dir single").exit_code, 0);
  Json batch = Result("o/s"), single = Result("single");
  batch.erase("seconds");
  single.erase("seconds");
  EXPECT_EQ(batch, single);
  EXPECT_NE(outcome.out.find("1 of 3 scenes usable"), std::string::npos) << outcome.out;
}

TEST_F(BatchTest, BadFlagsAreOneLine) {
  testing::WriteProblem(work_);
  Write("list.txt", "s.json\n");
  for (const auto& [flags, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "--scenes is missing"},
           {"--scenes none.txt", "no such file"},
           {"--scenes list.txt --shard 0/2", "--shard"},
           {"--scenes list.txt --shard 3/2", "--shard"},
           {"--scenes list.txt --shard 1/2x", "--shard"},
           {"--scenes list.txt --outputs jpeg", "--outputs"},
           {"--scenes list.txt --num_threads -1", "--num_threads"},
           {"--scenes list.txt --backend tpu", "backend"},
           {"--scenes list.txt --loop_num 0", "--loop_num"},
           {"--scenes list.txt --out_dir s.json", "s.json"},
           {"--scenes list.txt --merge", "1 of 1 scenes are not done"}}) {
    const Outcome outcome = Batch(flags);
    EXPECT_EQ(outcome.exit_code, 1) << flags;
    EXPECT_EQ(outcome.err_lines(), 1) << flags << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(what), std::string::npos) << flags << "\n" << outcome.err;
  }
  ASSERT_EQ(Batch("--scenes list.txt").exit_code, 0);
  const Outcome other = Batch("--scenes list.txt --require_deg 2");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find("another batch"), std::string::npos) << other.err;
  EXPECT_EQ(Batch("--scenes list.txt --require_deg 2 --restart").exit_code, 0);
}

// 20 kills at random moments: every scene is there once, with the bits of an undisturbed run.
TEST_F(BatchTest, KilledAndResumedEverySceneIsThereOnce) {
  WriteManifest(300);
  ASSERT_EQ(Batch("--scenes m.jsonl --out_dir whole --num_threads 1").exit_code, 0);
  std::mt19937_64 random(7);
  int kills = 0;
  for (int attempt = 0; kills < 20 && attempt < 200; ++attempt) {
    const int wait_ms = 20 + static_cast<int>(random() % 120);
    // Done before the last kill: it begins anew.
    if (!KillAfter(wait_ms, "o"))
      fs::remove_all(work_ / "o");
    else
      ++kills;
  }
  EXPECT_EQ(kills, 20);
  const Outcome last = Batch("--scenes m.jsonl --out_dir o");
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(ReadAll(work_ / "o/results.jsonl"), ReadAll(work_ / "whole/results.jsonl"));
  std::multiset<std::string> ids;
  const std::vector<Json> journal = Lines("o/journal.jsonl");
  for (size_t i = 1; i < journal.size(); ++i) ids.insert(journal[i]["id"].get<std::string>());
  EXPECT_EQ(ids.size(), 300u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 300u);
}

TEST_F(BatchTest, SharesGiveTheBitsOfOneProcess) {
  WriteManifest(22);
  ASSERT_EQ(Batch("--scenes m.jsonl --out_dir whole").exit_code, 0);
  for (const char* shard : {"3/4", "1/4", "4/4"}) {
    const Outcome outcome = Batch(std::string("--scenes m.jsonl --out_dir o --shard ") + shard);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_FALSE(fs::exists(work_ / "o/results.jsonl"));
  }
  EXPECT_NE(Batch("--scenes m.jsonl --out_dir o --shard 1/4 --merge").err.find("are not done"),
            std::string::npos);
  ASSERT_EQ(Batch("--scenes m.jsonl --out_dir o --shard 2/4").exit_code, 0);
  EXPECT_EQ(ReadAll(work_ / "o/results.jsonl"), ReadAll(work_ / "whole/results.jsonl"));
  fs::remove(work_ / "o/results.jsonl");
  ASSERT_EQ(Batch("--scenes m.jsonl --out_dir o --shard 1/4 --merge").exit_code, 0);
  EXPECT_EQ(ReadAll(work_ / "o/results.jsonl"), ReadAll(work_ / "whole/results.jsonl"));
}

}  // namespace
}  // namespace ceres_align
