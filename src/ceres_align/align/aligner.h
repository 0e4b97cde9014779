// The alignment: scene + rasterizer + options → pose, quality and why it stopped.
#pragma once

#include <functional>

#include "ceres_align/align/align_options.h"
#include "ceres_align/align/align_result.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// One accepted or refused step, for progress lines and animations.
struct AlignIteration {
  int level;  ///< 0 is the coarsest
  int num_levels;
  int width_px, height_px;  ///< of the first view at this level
  int iteration;            ///< within the level; 0 is its start
  double cost;     ///< ½ Σ over views and pixels of w (M − T)², in pixels of this level
  double step_px;  ///< how far the step moved the outline, at most, in px of this level
  bool accepted;
  Rigid3d rig_from_world;  ///< the best pose so far at this level
  /// Above 0: no step, but a stage of a search has ended (`iteration` counts them); so many poses
  /// are left, of which cost and pose are the best's.
  int candidates = 0;
};
/// Called on the thread that called Align, at each level of the descent that leads to the answer
/// and after each stage of a search (not for restarts and the steps of sharp_window); return false
/// to stop (kStopped).
using AlignCallback = std::function<bool(const AlignIteration&)>;

/// Aligns the scene to its masks, from scene.initial_rig_from_world or, where there is none, by
/// trying every rotation. With a start, the result's cost is never above the start's (without
/// one, initial_cost is that of an empty frame), unless options.prior forbids where it stays.
/// Throws InputError for a scene that cannot be aligned: every mask empty, a prior about the start
/// without one, a start behind the camera in every view that has a mask, or off
/// screen in all of them while options.moment_translation is off (else the start is moved to where
/// the masks are).
AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback = {});

}  // namespace ceres_align
