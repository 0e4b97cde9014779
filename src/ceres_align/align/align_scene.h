// A scene aligned, whatever of it is unknown.
#pragma once

#include "ceres_align/align/align_unknowns.h"

namespace ceres_align {

struct AlignedScene {
  /// As it was seen: without its occluders, weight 0 behind them; with the unknowns that were
  /// found. Align(scene, meshes) gives `align`, where there are none.
  Scene scene;
  PreparedMeshes meshes;  ///< of `scene`
  AlignResult align;
};

/// Align, or AlignUnknowns where scene.unknowns.any(), of a scene behind its occluders. `meshes` are
/// PrepareMeshes(scene). Throws InputError as these do.
AlignedScene AlignScene(Scene scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                        const AlignOptions& options, const AlignCallback& callback = {});

/// The same with meshes prepared here, which counts as prepare_seconds.
AlignedScene AlignScene(Scene scene, Rasterizer* rasterizer, const AlignOptions& options,
                        const AlignCallback& callback = {});

}  // namespace ceres_align
