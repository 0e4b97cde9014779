// A sequence of masks: from loading to the files.
#pragma once

#include <string>

#include "ceres_align/align/align_options.h"
#include "ceres_align/render/rasterizer.h"
#include "cli/outputs.h"
#include "cli/scene_from_flags.h"

namespace ceres_align::cli {

/// The values of the flags of the same names.
struct SequenceFlags {
  std::string sequence, video;
  double fps = 30;
  bool assess_frames = false;
};

/// Tracks the object through the frames with the scene's mesh and cameras, prints a summary and
/// writes frames.jsonl, frames.csv and trajectories (json), sequence.gif (gif) and the video.
/// kExitOk if no frame with a mask is without a pose. Throws InputError.
int RunSequence(const SceneFlags& scene, const SequenceFlags& flags, const OutputPlan& plan,
                const AlignOptions& options, Rasterizer* rasterizer);

}  // namespace ceres_align::cli
