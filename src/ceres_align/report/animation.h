// The animation of a run; its other pictures: final_overlay.h, comparison.h.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/report/gif.h"
#include "ceres_align/report/scene_renderer.h"

namespace ceres_align {

constexpr int kMostAnimatedViews = 16;  ///< of more those that fit worst (WorstViews)
constexpr int kAnimation_px = 960, kMostAnimated_px = 480;  ///< of a frame, and of a panel

struct Animation {
  int width_px = 0, height_px = 0;
  std::vector<Rgb> palette;
  struct Frame {
    IndexedImage picture;
    int delay_cs;
  };
  std::vector<Frame> frames;
};

/// The run as TellRun tells it: start, poses of a search, steps, result. Every frame shows every
/// view, cut to the object, with mask and mesh overlaid and the mesh lit (drawn again only where
/// something has moved by two pixels), and in text what it is. Drawn side by side on the
/// renderer's threads.
Animation DrawAnimation(const SceneRenderer& renderer,
                        const std::vector<AlignIteration>& iterations, const AlignResult& result,
                        int max_frames = 60);

/// The bytes of a GIF.
std::string EncodeGif(const Animation& animation);

}  // namespace ceres_align
