#include "ceres_align/report/pictures.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"
#include "ceres_align/report/gif.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/text_lines.h"

namespace ceres_align {
namespace {

constexpr int kHoldLast_cs = 200;
constexpr int kHoldFirst_cs = 80;
constexpr size_t kFramesAtOnce = 16;

// A frame shows the panels of the one before while nothing has moved farther than this since they
// were drawn.
constexpr double kSamePicture_px = 0.25;

struct AnimationFrame {
  Rigid3d rig_from_world;
  std::string title;
  int delay_cs;
  bool redrawn = true;  // else its panels are those of the frame before
};

/// Where the views' panels lie in a frame of the animation.
struct FrameLayout {
  int width_px, height_px;
  std::vector<PanelSize> sizes;
  std::vector<int> x, y;  // of each panel's picture; its label is above
};

FrameLayout LayOutFrame(const Scene& scene) {
  const int count = static_cast<int>(scene.views.size());
  const int columns = count <= 3 ? count : static_cast<int>(std::ceil(std::sqrt(count)));
  const int max_px = std::clamp(1280 / std::max(columns, 1), 160, 640);
  FrameLayout layout;
  int cell_width = 0, cell_height = 0;
  for (const View& view : scene.views) {
    layout.sizes.push_back(FitPanel(view.camera, max_px));
    cell_width = std::max(cell_width, layout.sizes.back().width_px);
    cell_height = std::max(cell_height, layout.sizes.back().height_px + kLine_px);
  }
  for (int i = 0; i < count; ++i) {
    const int column = i % columns, row = i / columns;
    layout.x.push_back(kGap_px + column * (cell_width + kGap_px));
    layout.y.push_back(kGap_px + kLine_px + row * (cell_height + kGap_px) + kLine_px);
  }
  const int rows = (count + columns - 1) / columns;
  layout.width_px = kGap_px + columns * (cell_width + kGap_px);
  layout.height_px = kGap_px + kLine_px + rows * (cell_height + kGap_px) + kLine_px;
  return layout;
}

class FrameDrawer {
 public:
  explicit FrameDrawer(const SceneRenderer& renderer)
      : renderer_(renderer), layout_(LayOutFrame(renderer.scene())) {
    const auto& views = renderer.scene().views;
    for (size_t i = 0; i < views.size(); ++i) {
      const PanelSize& size = layout_.sizes[i];
      targets_.push_back(Resized(views[i].mask, size.width_px, size.height_px));
    }
  }

  int width_px() const { return layout_.width_px; }
  int height_px() const { return layout_.height_px; }

  /// The panels' pictures at a pose.
  std::vector<RgbImage> DrawPanels(const Rigid3d& rig_from_world) const {
    std::vector<RgbImage> panels;
    for (size_t i = 0; i < targets_.size(); ++i) {
      const ImageF coverage =
          renderer_.Panel(static_cast<int>(i), rig_from_world, layout_.sizes[i]);
      panels.push_back(DrawOverlay(targets_[i], coverage));
    }
    return panels;
  }

  RgbImage Compose(const std::vector<RgbImage>& panels, const std::string& title) const {
    RgbImage frame(layout_.width_px, layout_.height_px, kPaperColor);
    DrawLine(&frame, title, kGap_px, kGap_px / 2, frame.width - 2 * kGap_px, kTextColor);
    const auto& views = renderer_.scene().views;
    for (size_t i = 0; i < views.size(); ++i) {
      Paste(panels[i], layout_.x[i], layout_.y[i], &frame);
      DrawLine(&frame, views[i].name, layout_.x[i], layout_.y[i] - kLine_px,
               layout_.sizes[i].width_px, kDimTextColor);
    }
    DrawKeyLine(&frame);
    return frame;
  }

  /// Whether the panels would look the same at both poses.
  bool LookTheSame(const Rigid3d& a, const Rigid3d& b) const {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const double motion_px = renderer_.Motion_px(static_cast<int>(i), a, b, layout_.sizes[i]);
      if (!(motion_px < kSamePicture_px)) return false;
    }
    return true;
  }

 private:
  const SceneRenderer& renderer_;
  FrameLayout layout_;
  std::vector<ImageF> targets_;
};

std::vector<Rgb> AnimationPalette() {
  std::vector<Rgb> palette = OverlayPalette(14);
  const int shades = 12;
  for (const Rgb text : {kTextColor, kDimTextColor}) {
    for (int i = 0; i < shades; ++i) {
      palette.push_back(Mix(kPaperColor, text, i / (shades - 1.0)));
    }
  }
  return palette;
}

std::string StepTitle(const AlignIteration& step) {
  return "level " + std::to_string(step.level + 1) + "/" + std::to_string(step.num_levels) + "  " +
         std::to_string(step.width_px) + "x" + std::to_string(step.height_px) + " px   iteration " +
         std::to_string(step.iteration) + "   cost " + Format("%.5g", step.cost);
}

std::string FinalTitle(const AlignResult& result) {
  return std::string("final: ") + ToString(result.status) + " after " +
         std::to_string(result.iterations) + " iterations   cost " +
         Format("%.5g", result.final_cost) + "   mean IoU " + Format("%.4f", result.MeanIou());
}

std::vector<AnimationFrame> FramesOf(const Scene& scene,
                                     const std::vector<AlignIteration>& iterations,
                                     const AlignResult& result, int max_frames,
                                     const FrameDrawer& drawer) {
  std::vector<AlignIteration> steps;
  for (const AlignIteration& step : iterations) {
    if (step.accepted || step.iteration == 0) steps.push_back(step);
  }
  const std::vector<int> kept = ThinnedFrames(static_cast<int>(steps.size()), max_frames - 2);
  const int delay_cs = std::clamp(600 / std::max<int>(1, static_cast<int>(kept.size())), 5, 25);
  std::vector<AnimationFrame> frames;
  if (scene.initial_rig_from_world) {
    frames.push_back({*scene.initial_rig_from_world, "start", kHoldFirst_cs});
  } else if (!steps.empty()) {
    frames.push_back(
        {steps[0].rig_from_world, "found by a search of all rotations", kHoldFirst_cs});
  }
  Rigid3d drawn = frames.empty() ? result.rig_from_world : frames[0].rig_from_world;
  for (const int index : kept) {
    const AlignIteration& step = steps[index];
    const bool redrawn = frames.empty() || !drawer.LookTheSame(drawn, step.rig_from_world);
    if (redrawn) drawn = step.rig_from_world;
    frames.push_back({step.rig_from_world, StepTitle(step), delay_cs, redrawn});
  }
  frames.push_back({result.rig_from_world, FinalTitle(result), kHoldLast_cs});
  return frames;
}

}  // namespace

std::vector<int> ThinnedFrames(int count, int max_frames) {
  CHECK_GE(max_frames, 2);
  std::vector<int> kept;
  const int frames = std::min(count, max_frames);
  for (int i = 0; i < frames; ++i) {
    const int64_t last = count - 1;
    kept.push_back(frames == 1 ? 0 : static_cast<int>(last * i / (frames - 1)));
  }
  return kept;
}

RgbImage OverlayPicture(const SceneRenderer& renderer, int view, const AlignResult& result) {
  const View& v = renderer.scene().views.at(view);
  const ImageF coverage = renderer.Coverage(view, result.rig_from_world, renderer.FullSize(view));
  RgbImage picture = DrawOverlay(v.mask, coverage);
  const ViewResult& quality = result.views.at(view);
  std::string label = v.name + "   IoU " + Format("%.4f", quality.iou);
  if (std::isfinite(quality.contour_rms_px)) {
    label += "   contour rms " + Format("%.3g px", quality.contour_rms_px);
  }
  LabelOverlay(v.mask, coverage, label, &picture);
  return picture;
}

std::string AnimationGif(const SceneRenderer& renderer,
                         const std::vector<AlignIteration>& iterations, const AlignResult& result,
                         int max_frames) {
  const FrameDrawer drawer(renderer);
  GifEncoder gif(drawer.width_px(), drawer.height_px(), AnimationPalette());
  const std::vector<AnimationFrame> frames =
      FramesOf(renderer.scene(), iterations, result, max_frames, drawer);
  // Drawn side by side, encoded in order; a few at a time, for the memory's sake.
  std::vector<RgbImage> panels_before;
  for (size_t begin = 0; begin < frames.size(); begin += kFramesAtOnce) {
    const size_t count = std::min(kFramesAtOnce, frames.size() - begin);
    std::vector<std::vector<RgbImage>> panels(count);
    renderer.ForEach(count, [&](size_t i) {
      const AnimationFrame& frame = frames[begin + i];
      if (frame.redrawn) panels[i] = drawer.DrawPanels(frame.rig_from_world);
    });
    for (size_t i = 0; i < count; ++i) {
      if (!frames[begin + i].redrawn) panels[i] = i > 0 ? panels[i - 1] : panels_before;
    }
    std::vector<RgbImage> drawn(count);
    renderer.ForEach(
        count, [&](size_t i) { drawn[i] = drawer.Compose(panels[i], frames[begin + i].title); });
    for (size_t i = 0; i < count; ++i) gif.AddFrame(drawn[i], frames[begin + i].delay_cs);
    panels_before = std::move(panels.back());
  }
  return gif.Finish();
}

}  // namespace ceres_align
