// The alignment: scene + rasterizer + options → pose, quality and why it stopped.
#pragma once

#include "ceres_align/align/align_options.h"
#include "ceres_align/align/align_result.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/rasterizer.h"
#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/progress.h"

namespace ceres_align {

/// Aligns the scene to its masks, from scene.initial_rig_from_world or, where there is none, by
/// trying every rotation. With a start, the result's cost is never above the start's (without
/// one, initial_cost is that of an empty frame), unless options.prior forbids where it stays.
/// Throws InputError for a scene that cannot be aligned: what CheckScene refuses (scene_checks.h),
/// a prior about the start without one, a start behind the camera in every view that has a mask,
/// or off screen in all of them while options.moment_translation is off (else the start is moved
/// to where the masks are). Several alignments may share a rasterizer, each on its own thread.
AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback = {});

/// The same with meshes that were prepared before (PrepareMeshes(scene)), which is most of the
/// work with large ones: keep them where the same mesh is aligned more than once.
AlignResult Align(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                  const AlignOptions& options, const AlignCallback& callback = {});

}  // namespace ceres_align
