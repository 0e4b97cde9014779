#include "ceres_align/report/animation.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/report/overlay.h"
#include "ceres_align/report/run_story.h"
#include "ceres_align/report/text_lines.h"

namespace ceres_align {
namespace {

// A frame shows the panels of the one before while nothing has moved farther than this since they
// were drawn, by a bound that is seldom reached.
constexpr double kSamePicture_px = 2;

// Of light there are so many steps: few colours, and long runs of them.
constexpr int kLightSteps = 24;
float LightStep(float light) { return std::ceil(light * kLightSteps) / kLightSteps; }

/// Frames that show the same panels.
struct Shot {
  Rigid3d rig_from_world;
  std::vector<Caption> captions;
};

/// Where the views' panels lie in a frame of the animation.
struct FrameLayout {
  int width_px, height_px;
  std::vector<size_t> views;
  std::vector<ViewWindow> windows;  // of each of them
  std::vector<int> x, y;            // of each panel's picture; its label is above
};

FrameLayout LayOutFrame(const SceneRenderer& renderer, const AlignResult& result,
                        const std::vector<Rigid3d>& poses) {
  FrameLayout layout;
  layout.views = WorstViews(result, kMostAnimatedViews);
  const int count = static_cast<int>(layout.views.size());
  const int columns = count <= 3 ? count : static_cast<int>(std::ceil(std::sqrt(count)));
  const int max_px = std::min(kAnimation_px / std::max(columns, 1), kMostAnimated_px);
  layout.windows.resize(count);
  renderer.ForEach(count, [&](size_t i) {
    ViewWindow& window = layout.windows[i];
    window.part = renderer.ObjectIn(static_cast<int>(layout.views[i]), poses);
    window.size = FitPanel(PanelSize{window.part.width_px, window.part.height_px}, max_px);
  });
  int cell_width = 0, cell_height = 0;
  for (const ViewWindow& window : layout.windows) {
    cell_width = std::max(cell_width, window.size.width_px);
    cell_height = std::max(cell_height, window.size.height_px + kLine_px);
  }
  for (int i = 0; i < count; ++i) {
    const int column = i % columns, row = i / columns;
    layout.x.push_back(kGap_px + column * (cell_width + kGap_px));
    layout.y.push_back(kGap_px + kLine_px + row * (cell_height + kGap_px) + kLine_px);
  }
  const int rows = (count + columns - 1) / columns;
  layout.width_px = kGap_px + std::max(columns * (cell_width + kGap_px), kMostAnimated_px);
  layout.height_px = kGap_px + kLine_px + rows * (cell_height + kGap_px) + kLine_px;
  return layout;
}

class FrameDrawer {
 public:
  FrameDrawer(const SceneRenderer& renderer, const AlignResult& result,
              const std::vector<Rigid3d>& poses)
      : renderer_(renderer),
        final_(result.rig_from_world),
        layout_(LayOutFrame(renderer, result, poses)) {
    for (size_t i = 0; i < layout_.views.size(); ++i) {
      targets_.push_back(Through(view(i).mask, layout_.windows[i]));
    }
  }

  static constexpr int kTextRows = kGap_px / 2 + kLine_px;  // a frame's first

  int width_px() const { return layout_.width_px; }
  int height_px() const { return layout_.height_px; }

  /// A frame without its text, and that.
  RgbImage Draw(const Rigid3d& rig_from_world, const LightDetail& detail) const {
    RgbImage frame(layout_.width_px, layout_.height_px, kPaperColor);
    for (size_t i = 0; i < targets_.size(); ++i) {
      const ViewWindow& window = layout_.windows[i];
      const int index = static_cast<int>(layout_.views[i]);
      const double cell_px = renderer_.CellFor(index, rig_from_world, final_, window);
      const ImageF coverage = renderer_.Panel(index, rig_from_world, window, cell_px);
      ImageF light = renderer_.Light(index, rig_from_world, window, coverage, detail);
      for (float& v : light.pixels) v = LightStep(v);
      Paste(DrawOverlay(targets_[i], coverage, true, light), layout_.x[i], layout_.y[i], &frame);
      DrawLine(&frame, view(i).name, layout_.x[i], layout_.y[i] - kLine_px, window.size.width_px,
               kDimTextColor);
    }
    DrawKeyLine(&frame);
    return frame;
  }
  void Write(const std::string& text, RgbImage* frame) const {
    BlendRectangle(frame, 0, 0, frame->width, kTextRows, kPaperColor, 1);
    DrawLine(frame, text, kGap_px, kGap_px / 2, frame->width - 2 * kGap_px, kTextColor);
  }

  /// Whether the panels would look the same at both poses.
  bool LookTheSame(const Rigid3d& a, const Rigid3d& b) const {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const double motion_px =
          renderer_.Motion_px(static_cast<int>(layout_.views[i]), a, b, layout_.windows[i]);
      if (!(motion_px < kSamePicture_px)) return false;
    }
    return true;
  }

 private:
  const View& view(size_t i) const { return renderer_.scene().views[layout_.views[i]]; }
  const SceneRenderer& renderer_;
  const Rigid3d final_;
  FrameLayout layout_;
  std::vector<ImageF> targets_;
};

std::vector<Rgb> AnimationPalette() {
  std::vector<Rgb> palette = OverlayPalette(8, kLightSteps);
  const int shades = 12;
  for (const Rgb text : {kTextColor, kDimTextColor}) {
    for (int i = 0; i < shades; ++i) {
      palette.push_back(Mix(kPaperColor, text, i / (shades - 1.0)));
    }
  }
  return palette;
}

/// What has to have room in the panels: the others lie in between.
std::vector<Rigid3d> PosesInSight(const std::vector<Told>& told,
                                  const std::vector<AlignIteration>& iterations) {
  std::vector<Rigid3d> poses = {told.front().rig_from_world, told.back().rig_from_world};
  for (const AlignIteration& step : iterations) {
    if (step.searched.empty()) continue;
    for (const SearchedPose& pose : step.searched) poses.push_back(pose.rig_from_world);
    break;  // of the first stage, which has the most
  }
  return poses;
}

std::vector<Shot> ShotsOf(const std::vector<Told>& told, const FrameDrawer& drawer) {
  std::vector<Shot> shots;
  for (size_t i = 0; i < told.size(); ++i) {
    const bool redrawn = shots.empty() || i + 1 == told.size() ||
                         !drawer.LookTheSame(shots.back().rig_from_world, told[i].rig_from_world);
    if (redrawn) shots.push_back({told[i].rig_from_world, {}});
    shots.back().captions.push_back(told[i].caption);
  }
  return shots;
}

}  // namespace

Animation DrawAnimation(const SceneRenderer& renderer,
                        const std::vector<AlignIteration>& iterations, const AlignResult& result,
                        int max_frames) {
  const std::vector<Told> told = TellRun(renderer.scene(), iterations, result, max_frames);
  const FrameDrawer drawer(renderer, result, PosesInSight(told, iterations));
  const std::vector<Shot> shots = ShotsOf(told, drawer);
  Animation animation = {drawer.width_px(), drawer.height_px(), AnimationPalette(), {}};
  std::vector<std::vector<Animation::Frame>> frames(shots.size());
  renderer.ForEach(shots.size(), [&](size_t i) {
    const bool still = i + 1 == shots.size();  // for two seconds
    RgbImage frame = drawer.Draw(shots[i].rig_from_world, still ? kStillLight : kMovingLight);
    IndexedImage picture = Indexed(frame, animation.palette);
    for (const Caption& caption : shots[i].captions) {
      drawer.Write(caption.text, &frame);
      IndexRows(frame, animation.palette, FrameDrawer::kTextRows, &picture);
      frames[i].push_back({picture, caption.delay_cs});
    }
  });
  for (auto& some : frames) {
    std::move(some.begin(), some.end(), std::back_inserter(animation.frames));
  }
  return animation;
}

std::string EncodeGif(const Animation& animation) {
  GifEncoder gif(animation.width_px, animation.height_px, animation.palette);
  for (const Animation::Frame& frame : animation.frames) {
    gif.AddFrame(frame.picture, frame.delay_cs);
  }
  return gif.Finish();
}

}  // namespace ceres_align
