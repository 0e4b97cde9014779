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

SceneDescription Read(const ListedScene& listed) {
  return listed.text.empty() ? ReadSceneDescription(listed.path)
                             : ParseSceneDescription(listed.text, listed.name);
}

/// What the scenes of a run have in common, and one thread's rasterizer.
struct Run {
  const SceneRunOptions& options;
  MeshStore* meshes;
  Rasterizer* rasterizer;
  const std::function<bool()>& stop;
};

void AlignOne(LoadedScene loaded, const Run& run, SceneOutcome* out) {
  const Clock::time_point start = Clock::now();
  out->warnings = std::move(loaded.warnings);
  AlignOptions options = run.options.align;
  if (loaded.estimate_offset) options.offset = Choice::kOn;
  const PreparedMeshes prepared = run.meshes->Prepare(loaded.scene);
  const double prepare_seconds = SecondsSince(start);
  AlignedScene aligned = AlignScene(std::move(loaded.scene), prepared, run.rasterizer, options,
                                    [&](const AlignIteration& step) {
                                      if (run.options.keep_iterations) {
                                        out->iterations.push_back(step);
                                      }
                                      return !run.stop();
                                    });
  out->scene = std::move(aligned.scene);
  out->meshes = std::move(aligned.meshes);
  out->result = std::move(aligned.align);
  out->result.prepare_seconds += prepare_seconds;
}

void AlignSeveral(std::vector<LoadedObject> loaded, const Run& run, SceneOutcome* out) {
  std::vector<SceneObject> objects;
  std::vector<double> prepare_seconds;
  for (LoadedObject& object : loaded) {
    const Clock::time_point start = Clock::now();
    for (const std::string& warning : object.loaded.warnings) {
      out->warnings.push_back(object.name + ": " + warning);
    }
    out->warnings_of.push_back(std::move(object.loaded.warnings));
    PreparedMeshes prepared = run.meshes->Prepare(object.loaded.scene);
    objects.push_back({object.name, std::move(object.loaded.scene), std::move(prepared)});
    prepare_seconds.push_back(SecondsSince(start));
  }
  out->objects =
      AlignObjects(objects, run.rasterizer, run.options.align,
                   [&](const std::string&, const AlignIteration&) { return !run.stop(); });
  for (size_t i = 0; i < objects.size(); ++i) {
    out->objects->objects[i].align.prepare_seconds += prepare_seconds[i];
  }
}

SceneOutcome RunOne(const ListedScene& listed, const Run& run) {
  const Clock::time_point start = Clock::now();
  SceneOutcome out;
  out.listed = &listed;
  try {
    SceneDescription description = Read(listed);
    if (run.options.ignore_starts) {
      description.initial_rig_from_world.reset();
      for (ObjectDescription& object : description.objects) object.initial_rig_from_world.reset();
    }
    const std::filesystem::path folder = listed.path.parent_path();
    if (description.objects.empty()) {
      LoadedScene loaded = BuildScene(description, folder, listed.name, run.meshes);
      out.load_seconds = SecondsSince(start);
      AlignOne(std::move(loaded), run, &out);
    } else {
      std::vector<LoadedObject> loaded =
          BuildObjects(description, folder, listed.name, run.meshes);
      out.load_seconds = SecondsSince(start);
      AlignSeveral(std::move(loaded), run, &out);
    }
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
  const std::function<bool()> stopped = [&] { return failed || (stop && stop()); };
  const auto work = [&](Rasterizer* rasterizer) {
    // Threads are for scenes: what is inside one runs on its own thread.
    tbb::task_arena(1).execute([&] {
      try {
        for (size_t i = next++; i < scenes.size() && !stopped(); i = next++) {
          const SceneOutcome outcome = RunOne(scenes[i], {options, meshes, rasterizer, stopped});
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
