#include "cli/run_sequence.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "ceres_align/base/text.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/report/gif.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/scene_renderer.h"
#include "cli/help.h"
#include "cli/sequence_files.h"
#include "cli/signals.h"
#include "cli/stopwatch.h"
#include "cli/video_writer.h"

namespace ceres_align::cli {
namespace {

using Frames = std::vector<std::vector<std::string>>;

constexpr int kGifPanel_px = 320, kVideoPanel_px = 1280;
constexpr size_t kMostGifFrames = 400;

/// The first frame that shows enough of the object: its masks are what the scene is checked with.
size_t FirstGoodFrame(const Frames& frames, std::optional<double> threshold, MaskCache* cache) {
  for (size_t f = 0; f < frames.size(); ++f) {
    double area_px = 0;
    for (const std::string& mask : frames[f]) {
      area_px += LoadMask(mask, {}, threshold, cache).area_px;
    }
    if (area_px >= kMinForeground_px) return f;
  }
  throw InputError(Format("--sequence: all %zu frames are empty", frames.size()));
}

struct LoadedFrame {
  std::vector<ImageF> masks;
  double load_seconds = 0;
};

LoadedFrame LoadFrame(const std::vector<std::string>& files, const Scene& scene,
                      std::optional<double> threshold, MaskCache* cache) {
  Stopwatch watch;
  LoadedFrame frame;
  for (size_t i = 0; i < files.size(); ++i) {
    const Camera& camera = scene.views[i].camera;
    frame.masks.push_back(
        LoadMask(files[i], ImageSize{camera.width_px, camera.height_px}, threshold, cache).mask);
  }
  frame.load_seconds = watch.Total();
  return frame;
}

/// All views beside each other, with the frame's number and status.
RgbImage PictureOf(const SceneRenderer& renderer, const TrackedFrame& frame, int panel_px) {
  std::vector<RgbImage> panels;
  int width = 0, height = 0;
  for (size_t v = 0; v < renderer.scene().views.size(); ++v) {
    const Camera& camera = renderer.scene().views[v].camera;
    const PanelSize size =
        FitPanel(camera, std::min(panel_px, std::max(camera.width_px, camera.height_px)));
    panels.push_back(renderer.Overlay(static_cast<int>(v), frame.rig_from_world, size));
    width += size.width_px;
    height = std::max(height, size.height_px);
  }
  RgbImage picture(width, height, kPaperColor);
  int x = 0;
  for (const RgbImage& panel : panels) {
    Paste(panel, x, 0, &picture);
    x += panel.width;
  }
  const std::string text = Format("%d %s", frame.frame, ToString(frame.status));
  const TextSize size = MeasureText(text, 0.9);
  BlendRectangle(&picture, 0, 0, size.width_px + 10, size.height_px + size.baseline_px + 8,
                 kPaperColor, 0.6);
  DrawText(&picture, text, 5, size.height_px + 4, 0.9, kTextColor);
  return picture;
}

/// What is drawn of every frame while it is there.
class Drawing {
 public:
  Drawing(const SequenceFlags& flags, const OutputPlan& plan, size_t num_frames)
      : gif_(plan.gif), step_((num_frames + kMostGifFrames - 1) / kMostGifFrames) {
    if (!flags.video.empty()) video_.emplace(flags.video, flags.fps);
    delay_cs_ = std::max(2, static_cast<int>(100.0 * static_cast<double>(step_) / flags.fps));
  }
  void Add(const SceneRenderer& renderer, const TrackedFrame& frame) {
    if (video_) video_->Add(PictureOf(renderer, frame, kVideoPanel_px));
    if (!gif_ || static_cast<size_t>(frame.frame) % step_ != 0) return;
    const RgbImage picture = PictureOf(renderer, frame, kGifPanel_px);
    if (!encoder_) {
      std::vector<Rgb> palette = OverlayPalette(9);
      palette.insert(palette.end(), {kPaperColor, kTextColor, kDimTextColor});
      encoder_.emplace(picture.width, picture.height, palette);
    }
    encoder_->AddFrame(picture, delay_cs_);
  }
  bool any() const { return gif_ || video_; }
  std::vector<OutputFile> GifFile(const std::string& path) {
    if (!encoder_) return {};
    return {{path, encoder_->Finish()}};
  }
  void FinishVideo() {
    if (video_) video_->Finish();
  }

 private:
  const bool gif_;
  const size_t step_;
  int delay_cs_ = 0;
  std::optional<VideoWriter> video_;
  std::optional<GifEncoder> encoder_;
};

struct Counts {
  size_t of[4] = {};
  explicit Counts(const std::vector<TrackedFrame>& track) {
    for (const TrackedFrame& frame : track) ++of[static_cast<int>(frame.status)];
  }
};

void ShowProgress(const TrackedFrame& frame, size_t num_frames, double seconds) {
  static const bool terminal = isatty(STDOUT_FILENO) != 0;
  const bool news = frame.status == TrackedFrame::Status::kSearched ||
                    frame.status == TrackedFrame::Status::kLost;
  const std::string line =
      Format("frame %d of %zu: %s, IoU %.4f, %.1f ms a frame", frame.frame, num_frames,
             ToString(frame.status), frame.iou, 1e3 * seconds / (frame.frame + 1));
  if (terminal) {
    std::printf("\r%-78s%s", line.c_str(), news ? "\n" : "");
    std::fflush(stdout);
  } else if (news) {
    std::printf("%s%s%s\n", line.c_str(), frame.why.empty() ? "" : ": ", frame.why.c_str());
  }
}

LoadedScene SceneOfFrame(SceneFlags flags, const Frames& frames, MaskCache* cache) {
  std::optional<double> threshold = flags.mask_threshold;
  if (!threshold && !flags.scene.empty()) {
    threshold = ReadSceneDescription(flags.scene, Masks::kNotNeeded).mask_threshold;
  }
  if (threshold && *threshold == 0) threshold.reset();  // masks as they are
  flags.frame_masks = frames[FirstGoodFrame(frames, threshold, cache)];
  LoadedScene loaded = SceneFromFlags(flags, cache);
  if (loaded.scene.unknowns.any() || loaded.estimate_offset) {
    throw InputError("--sequence has no unknowns beside the pose; --refine is for one frame");
  }
  return loaded;
}

std::vector<ImageF> WeightsOf(const Scene& scene) {
  std::vector<ImageF> weights;
  for (const View& view : scene.views) weights.push_back(view.weight);
  return weights;
}

}  // namespace

int RunSequence(const SceneFlags& scene_flags, const SequenceFlags& flags, const OutputPlan& plan,
                const AlignOptions& options, Rasterizer* rasterizer) {
  Stopwatch watch;
  if (!(flags.fps > 0)) throw InputError("--fps must be above 0");
  const Frames frames = ListFrames(flags.sequence);
  MaskCache cache;  // one frame is loaded at a time
  const LoadedScene loaded = SceneOfFrame(scene_flags, frames, &cache);
  const std::optional<double> threshold = loaded.description.mask_threshold;
  TrackOptions track_options;
  track_options.align = options;
  track_options.assess = flags.assess_frames;
  const PreparedMeshes meshes = PrepareMeshes(loaded.scene);
  const std::vector<ImageF> weights = WeightsOf(loaded.scene);
  Tracker tracker(loaded.scene, meshes, rasterizer, track_options);
  Drawing drawing(flags, plan, frames.size());
  std::optional<SceneRenderer> renderer;
  if (drawing.any()) renderer.emplace(tracker.scene(), meshes, rasterizer);
  for (const std::string& warning : loaded.warnings) {
    std::fprintf(stderr, "ceres_align: warning: %s\n", warning.c_str());
  }

  const double load_seconds = watch.Lap();
  std::vector<TrackedFrame> track;
  const auto load = [&](size_t f) { return LoadFrame(frames[f], loaded.scene, threshold, &cache); };
  std::future<LoadedFrame> next = std::async(std::launch::async, load, size_t{0});
  double track_seconds = 0, draw_seconds = 0;
  {
    const SignalNotes notes(SignalNotes::Watch::kInterrupt);
    for (size_t f = 0; f < frames.size() && !SignalNotes::Any(); ++f) {
      LoadedFrame frame = next.get();
      if (f + 1 < frames.size()) next = std::async(std::launch::async, load, f + 1);
      track.push_back(tracker.Next(std::move(frame.masks), weights));
      track_seconds += watch.Lap();
      ShowProgress(track.back(), frames.size(), track_seconds);
      if (renderer) drawing.Add(*renderer, track.back());
      draw_seconds += watch.Lap();
    }
  }
  std::vector<OutputFile> files;
  if (plan.json) {
    files = TrajectoryFiles(track, frames, loaded.scene.views[0].cam_from_rig, flags.fps);
  }
  if (plan.gif) {
    // --filename_output has made it absolute.
    const bool named = std::filesystem::path(plan.gif_path).is_absolute();
    for (OutputFile& file : drawing.GifFile(named ? plan.gif_path : "sequence.gif"))
      files.push_back(std::move(file));
  }
  WriteFiles("ceres_align", plan.out_dir, [&](OutputFiles* outputs) {
    for (const OutputFile& file : files) outputs->Stage(file);
    drawing.FinishVideo();  // where ffmpeg fails, nothing is written
  });
  const Counts counts(track);
  std::printf("\n%zu of %zu frames: %zu tracked, %zu searched, %zu lost, %zu without a mask\n",
              track.size(), frames.size(), counts.of[0], counts.of[1], counts.of[2], counts.of[3]);
  std::printf("Seconds: start %.2f, frames %.2f (%.2f ms each), drawing %.2f, writing %.2f\n",
              load_seconds, track_seconds,
              1e3 * track_seconds / static_cast<double>(std::max<size_t>(1, track.size())),
              draw_seconds, watch.Lap());
  if (!files.empty()) {
    std::printf("Written to %s: %zu files\n", Shown(plan.out_dir).c_str(), files.size());
  }
  if (!flags.video.empty()) std::printf("Video: %s\n", Shown(flags.video).c_str());
  return counts.of[2] == 0 && track.size() == frames.size() ? kExitOk : kExitNotUsable;
}

}  // namespace ceres_align::cli
