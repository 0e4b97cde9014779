// The report's pictures of a run: an overlay per view, the comparison (comparison.h), the
// animation.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/report/comparison.h"
#include "ceres_align/report/scene_renderer.h"

namespace ceres_align {

/// One view at the final pose at the mask's full size, with its label.
RgbImage OverlayPicture(const SceneRenderer& renderer, int view, const AlignResult& result);

/// The bytes of an animated GIF: the scene's start (or what a search found), accepted steps
/// (thinned evenly so that there are at most max_frames in all, >= 4; first and last kept), the
/// result held for two seconds. Every frame shows every view with target and rendering overlaid
/// (drawn again only where something has moved by a quarter of a pixel), and level, iteration and
/// cost in text.
std::string AnimationGif(const SceneRenderer& renderer,
                         const std::vector<AlignIteration>& iterations, const AlignResult& result,
                         int max_frames = 60);

/// Which of `count` steps to show so that at most `max_frames` are: increasing indices, first and
/// last included. max_frames >= 2.
std::vector<int> ThinnedFrames(int count, int max_frames);

}  // namespace ceres_align
