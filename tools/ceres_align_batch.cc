// ceres_align_batch: many scenes, a line of results each; goes on where it was killed.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/text.h"
#include "ceres_align/report/output_files.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/scenes/journal.h"
#include "ceres_align/scenes/result_line.h"
#include "ceres_align/scenes/run_scenes.h"
#include "ceres_align/scenes/scenes_report.h"
#include "ceres_align/version.h"
#include "cli/align_flags.h"
#include "cli/batch_progress.h"
#include "cli/help.h"
#include "cli/object_files.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/signals.h"

DEFINE_string(scenes, "",
              "The scenes: a folder (every scene.json below it, or every *.json in it), a list of "
              "scene files (a path a line), or a manifest NAME.jsonl ({\"id\": \"a\", \"scene\": "
              "\"a.json\"} a line; \"scene\" may be a scene itself).");
DEFINE_string(out_dir, "out_batch",
              "Folder for results.jsonl and index.html, and for the journal while it runs.");
DEFINE_string(outputs, "none",
              "What is written of each scene, in the folder of its id in --out_dir: of json, "
              "overlay, comparison, gif, report those named, separated by commas; all; or none.");
DEFINE_string(shard, "1/1",
              "\"i/n\": only the i-th of n shares of the scenes (i from 1), for n processes with "
              "the same --out_dir; the one that ends last writes the results of all.");
DEFINE_bool(merge, false, "Align nothing: write the results of all shards, which have ended.");
DEFINE_bool(restart, false, "Throw away what an earlier run with this --out_dir has done.");
DEFINE_bool(search, false, "Take no scene's start: search all rotations.");
DEFINE_int32(max_mesh_mb, 2048, "Meshes that no scene is using are forgotten beyond this.");
DEFINE_string(backend, ceres_align::BackendOptions().backend,
              "auto, cpu or cuda; auto takes CUDA where a device works.");
DEFINE_int32(num_threads, 0,
             "Scenes side by side; 0: one per core, with CUDA 32. The results are the same for any "
             "number.");

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "ceres_align_batch";
  help.summary =
      "ceres_align_batch: aligns many scenes (ceres_align --scene), side by side. Meshes are\n"
      "prepared once. Killed at any moment, the same command goes on from there. A scene that is\n"
      "bad is a line in the results, not the end.";
  help.examples = {
      {"ceres_align_batch --scenes set/ --out_dir out", "Every scene.json below set/."},
      {"ceres_align_batch --scenes list.txt --out_dir out --outputs json,overlay",
       "With a folder of files for each scene as well."},
      {"ceres_align_batch --scenes all.jsonl --out_dir out --shard 2/4",
       "The second of four processes (tools/slurm/ for a cluster)."}};
  help.groups = {{"Scenes", {"scenes", "shard", "search"}},
                 {"Outputs", {"out_dir", "outputs", "merge", "restart"}},
                 PriorFlagGroup(),
                 SolveFlagGroup(),
                 {"Memory", {"max_mesh_mb"}}};
  help.exit_codes = {"0  every scene's result is usable",
                     "1  bad input: one line on stderr says what",
                     "2  some scene's is not, or could not be aligned; the results say which",
                     "3  standard output was lost (closed, full, a broken pipe); the results are "
                     "written"};
  return help;
}

struct Shard {
  size_t index = 0, count = 1;  ///< index from 0
};

Shard ShardFromFlag() {
  unsigned index = 0, count = 0;
  char rest = 0;
  if (std::sscanf(FLAGS_shard.c_str(), "%5u/%5u%c", &index, &count, &rest) != 2 || index < 1 ||
      index > count) {
    throw InputError("--shard is " + Quoted(FLAGS_shard) + "; it must be i/n with 1 <= i <= n");
  }
  return {index - 1, count};
}

/// FNV-1a: two lists that differ are not taken for one another.
uint64_t HashOf(const std::vector<ListedScene>& scenes) {
  uint64_t hash = 14695981039346656037u;
  for (const ListedScene& scene : scenes) {
    for (const std::string& text : {scene.id, scene.name, scene.text}) {
      for (const char c : text + '\n') {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
      }
    }
  }
  return hash;
}

/// What all processes of a batch share, and what their journals have to agree on.
class BatchFiles {
 public:
  BatchFiles(const std::vector<ListedScene>& scenes, size_t shards, const AlignOptions& options)
      : shards_(shards), out_dir_(FLAGS_out_dir) {
    rest_ = Format("\"scenes\":%zu,\"list\":\"%016llx\",\"outputs\":", scenes.size(),
                   static_cast<unsigned long long>(HashOf(scenes))) +
            "\"" + FLAGS_outputs + "\",\"search\":" + (FLAGS_search ? "true" : "false") +
            ",\"options\":" + OptionsJson(options) + "}";
  }
  fs::path JournalPath(size_t shard) const {
    return out_dir_ / (shards_ == 1 ? "journal.jsonl"
                                    : Format("journal-%zu-of-%zu.jsonl", shard + 1, shards_));
  }
  std::string Header(size_t shard) const {
    return Format("{\"ceres_align_batch\":\"%s\",\"shard\":\"%zu/%zu\",", CERES_ALIGN_VERSION,
                  shard + 1, shards_) +
           rest_;
  }
  size_t shards() const { return shards_; }

 private:
  const size_t shards_;
  const fs::path out_dir_;
  std::string rest_;
};

/// The lines of all shards in the list's order; those that are missing are counted.
std::vector<std::string> AllLines(const BatchFiles& files, const std::vector<ListedScene>& scenes,
                                  size_t* missing) {
  std::map<std::string, std::string> by_id;
  for (size_t shard = 0; shard < files.shards(); ++shard) {
    for (std::string& line : ReadJournal(files.JournalPath(shard), files.Header(shard))) {
      const std::string id = ReadResultLine(line).id;
      by_id.emplace(id, std::move(line));
    }
  }
  std::vector<std::string> lines;
  *missing = 0;
  for (const ListedScene& scene : scenes) {
    const auto found = by_id.find(scene.id);
    if (found == by_id.end()) {
      ++*missing;
    } else {
      lines.push_back(found->second);
    }
  }
  return lines;
}

int WriteResults(const std::vector<std::string>& lines, bool has_folders) {
  std::string results;
  std::vector<SceneRow> rows;
  for (const std::string& line : lines) {
    results += WithoutSeconds(line) + "\n";
    rows.push_back(ReadResultLine(line));
  }
  WriteFilesTogether(FLAGS_out_dir,
                     {{"results.jsonl", results}, {"index.html", IndexHtml(rows, has_folders)}});
  std::fputs(SummaryText(rows).c_str(), stdout);
  std::printf("Written to %s: results.jsonl, index.html\n", Shown(FLAGS_out_dir).c_str());
  return CountRows(rows).usable == rows.size() ? kExitOk : kExitNotUsable;
}

/// One for each thread; with CUDA all of them the same one.
struct Workers {
  std::vector<std::unique_ptr<Rasterizer>> own;
  std::vector<Rasterizer*> all;
};

Workers MakeWorkers() {
  if (FLAGS_num_threads < 0) throw InputError("--num_threads is negative");
  const auto threads = static_cast<size_t>(FLAGS_num_threads);
  Workers workers;
  std::string why;
  workers.own.push_back(MakeRasterizer({FLAGS_backend, 1, PrintFallback}, &why));
  std::printf("Backend: %s\n", why.c_str());
  if (workers.own[0]->name() != "cpu") {
    const int side_by_side = threads > 0 ? FLAGS_num_threads : 32;
    workers.own[0] = MakeRasterizer({FLAGS_backend, side_by_side, PrintFallback}, nullptr);
    workers.all.assign(static_cast<size_t>(side_by_side), workers.own[0].get());
    return workers;
  }
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  while (workers.own.size() < (threads > 0 ? threads : cores)) {
    workers.own.push_back(MakeRasterizer({"cpu", 1}, nullptr));
  }
  for (const auto& rasterizer : workers.own) workers.all.push_back(rasterizer.get());
  return workers;
}

void WriteFolder(const OutputPlan& plan, const SceneOutcome& outcome, const AlignOptions& options,
                 Rasterizer* rasterizer) {
  if (!plan.any() || !outcome.error.empty()) return;
  OutputFiles files((fs::path(FLAGS_out_dir) / fs::u8path(outcome.listed->id)).string(),
                    SignalNotes::Any);
  RunSeconds seconds;
  seconds.load = outcome.load_seconds;
  seconds.total = outcome.total_seconds;
  if (outcome.objects) {
    const ObjectsRun run = {*outcome.objects, options, outcome.warnings, outcome.warnings_of,
                            seconds};
    for (const OutputFile& file : DrawObjectPictures(plan, run, rasterizer)) files.Stage(file);
    for (const OutputFile& file : plan.json ? ObjectJsonFiles(run) : std::vector<OutputFile>()) {
      files.Stage(file);
    }
    files.Commit();
    return;
  }
  const DrawnRun drawn = {outcome.scene,  outcome.meshes,    outcome.iterations,
                          outcome.result, options,           outcome.warnings,
                          seconds,        outcome.listed->id};
  for (const OutputFile& picture : DrawPictures(plan, drawn, rasterizer)) files.Stage(picture);
  if (plan.json) {
    files.Stage({"result.json",
                 ResultJson(outcome.scene, outcome.result, options, seconds, outcome.warnings)});
  }
  files.Commit();
}

/// Aligns what the journal lacks. False where a signal stopped it.
bool AlignMissing(const std::vector<ListedScene>& share, const OutputPlan& plan,
                  const AlignOptions& options, Journal* journal) {
  std::set<std::string> done;
  for (const std::string& line : journal->lines()) done.insert(ReadResultLine(line).id);
  std::vector<ListedScene> todo;
  for (const ListedScene& scene : share) {
    if (done.count(scene.id) == 0) todo.push_back(scene);
  }
  if (!done.empty()) {
    std::printf("Going on: %zu of %zu scenes were done before\n", share.size() - todo.size(),
                share.size());
  }
  if (todo.empty()) return true;
  const Workers workers = MakeWorkers();
  const std::unique_ptr<Rasterizer> drawer =
      plan.any() ? MakeRasterizer({"cpu", 1}, nullptr) : nullptr;
  MeshStore meshes(static_cast<size_t>(FLAGS_max_mesh_mb) << 20);
  const SceneRunOptions run = {options, FLAGS_search, plan.gif || plan.report};
  const SignalNotes notes(SignalNotes::Watch::kInterrupt);
  BatchProgress progress(share.size(), share.size() - todo.size());
  RunScenes(
      todo, workers.all, &meshes, run,
      [&](const SceneOutcome& outcome) {
        WriteFolder(plan, outcome, options, drawer.get());
        const std::string line = ResultLine(outcome);
        journal->Append(line);
        progress.Add(ReadResultLine(line));
      },
      SignalNotes::Any);
  progress.Finish();
  std::printf("%zu scenes in %.1f s, %.3g a second\n", progress.added(), progress.Seconds(),
              static_cast<double>(progress.added()) / progress.Seconds());
  return progress.added() == todo.size();
}

int Run() {
  if (FLAGS_scenes.empty()) throw InputError("--scenes is missing (--help shows examples)");
  if (FLAGS_max_mesh_mb < 1) throw InputError("--max_mesh_mb must be at least 1");
  const Shard shard = ShardFromFlag();
  const OutputPlan plan = PlanOutputs({FLAGS_outputs, FLAGS_out_dir, "", ""});
  CheckOutputDirectory(FLAGS_out_dir);
  const AlignOptions options = OptionsFromFlags();
  const std::vector<ListedScene> scenes = ListScenes(FLAGS_scenes);
  const BatchFiles files(scenes, shard.count, options);
  if (!FLAGS_merge) {
    Journal journal(files.JournalPath(shard.index), files.Header(shard.index),
                    FLAGS_restart ? Journal::Mode::kAnew : Journal::Mode::kGoOn);
    if (!AlignMissing(ShareOf(scenes, shard.index, shard.count), plan, options, &journal)) {
      std::printf("Stopped; the same command goes on from here\n");
      std::fflush(stdout);
      SignalNotes::EndProgram();
    }
  }
  size_t missing = 0;
  const std::vector<std::string> lines = AllLines(files, scenes, &missing);
  if (missing == 0) return WriteResults(lines, plan.any());
  if (FLAGS_merge) {
    throw InputError(Format("--merge: %zu of %zu scenes are not done", missing, scenes.size()));
  }
  std::printf("This share is done; %zu scenes of others are not\n", missing);
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  using ceres_align::cli::Run;
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, Run);
}
