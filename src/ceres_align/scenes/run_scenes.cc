#include "ceres_align/scenes/run_scenes.h"

#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "ceres_align/align/align_scene.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

LoadedScene Load(const ListedScene& listed, MeshStore* meshes) {
  const SceneDescription description = listed.text.empty()
                                           ? ReadSceneDescription(listed.path)
                                           : ParseSceneDescription(listed.text, listed.name);
  return BuildScene(description, listed.path.parent_path(), listed.name, meshes);
}

void AlignInto(Scene scene, MeshStore* meshes, Rasterizer* rasterizer, const AlignOptions& options,
               const AlignCallback& callback, SceneOutcome* out) {
  const Clock::time_point start = Clock::now();
  const PreparedMeshes prepared = meshes->Prepare(scene);
  const double prepare_seconds = SecondsSince(start);
  AlignedScene aligned = AlignScene(std::move(scene), prepared, rasterizer, options, callback);
  out->scene = std::move(aligned.scene);
  out->meshes = std::move(aligned.meshes);
  out->result = std::move(aligned.align);
  out->result.prepare_seconds += prepare_seconds;
}

SceneOutcome RunOne(const ListedScene& listed, MeshStore* meshes, Rasterizer* rasterizer,
                    const SceneRunOptions& run, const std::function<bool()>& stop) {
  const Clock::time_point start = Clock::now();
  SceneOutcome out;
  out.listed = &listed;
  try {
    LoadedScene loaded = Load(listed, meshes);
    out.warnings = std::move(loaded.warnings);
    if (run.ignore_starts) loaded.scene.initial_rig_from_world.reset();
    AlignOptions options = run.align;
    if (loaded.estimate_offset) options.offset = Choice::kOn;
    out.load_seconds = SecondsSince(start);
    AlignInto(
        std::move(loaded.scene), meshes, rasterizer, options,
        [&](const AlignIteration& step) {
          if (run.keep_iterations) out.iterations.push_back(step);
          return !stop();
        },
        &out);
  } catch (const std::exception& error) {
    out.error = error.what();
    if (out.error.empty()) out.error = "an error without a message";
  }
  out.total_seconds = SecondsSince(start);
  return out;
}

}  // namespace

void RunScenes(const std::vector<ListedScene>& scenes, const std::vector<Rasterizer*>& rasterizers,
               MeshStore* meshes, const SceneRunOptions& options,
               const std::function<void(const SceneOutcome&)>& done,
               const std::function<bool()>& stop) {
  CHECK(!rasterizers.empty());
  CHECK(meshes != nullptr);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto stopped = [&] { return failed || (stop && stop()); };
  const auto work = [&](Rasterizer* rasterizer) {
    // Threads are for scenes: what is inside one runs on its own thread.
    tbb::task_arena(1).execute([&] {
      try {
        for (size_t i = next++; i < scenes.size() && !stopped(); i = next++) {
          const SceneOutcome outcome = RunOne(scenes[i], meshes, rasterizer, options, stopped);
          if (!stopped()) done(outcome);
        }
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (!failed.exchange(true)) failure = std::current_exception();
      }
    });
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < rasterizers.size(); ++i) threads.emplace_back(work, rasterizers[i]);
  work(rasterizers[0]);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ceres_align
