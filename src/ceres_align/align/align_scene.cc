#include "ceres_align/align/align_scene.h"

#include <chrono>
#include <utility>

#include "ceres_align/scene/occluders.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

AlignedScene AlignScene(Scene scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                        const AlignOptions& options, const AlignCallback& callback) {
  CHECK(rasterizer != nullptr);
  const Clock::time_point start = Clock::now();
  if (!scene.occluders.empty()) scene = HideBehindOccluders(scene, rasterizer);
  const double hide_seconds = SecondsSince(start);
  AlignedScene aligned;
  if (scene.unknowns.any()) {
    UnknownsResult found =
        AlignUnknowns(scene, meshes, scene.unknowns, rasterizer, options, callback);
    aligned = {std::move(found.scene), std::move(found.meshes), std::move(found.align)};
  } else {
    aligned.align = Align(scene, meshes, rasterizer, options, callback);
    aligned.scene = std::move(scene);
    aligned.meshes = meshes;
  }
  aligned.align.prepare_seconds += hide_seconds;
  return aligned;
}

AlignedScene AlignScene(Scene scene, Rasterizer* rasterizer, const AlignOptions& options,
                        const AlignCallback& callback) {
  const Clock::time_point start = Clock::now();
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const double prepare_seconds = SecondsSince(start);
  AlignedScene aligned = AlignScene(std::move(scene), meshes, rasterizer, options, callback);
  aligned.align.prepare_seconds += prepare_seconds;
  return aligned;
}

}  // namespace ceres_align
