#include "ceres_align/report/comparison.h"

#include "ceres_align/report/overlay.h"
#include "ceres_align/report/run_story.h"
#include "ceres_align/report/text_lines.h"

namespace ceres_align {

RgbImage ComparisonPicture(const SceneRenderer& renderer, const AlignResult& result) {
  const std::vector<View>& views = renderer.scene().views;
  std::vector<Rigid3d> poses;
  for (const auto& pose : ComparedPoses(renderer.scene(), result)) {
    if (pose) poses.push_back(*pose);
  }
  std::vector<PixelBox> parts(views.size());
  const std::vector<size_t> shown = WorstViews(result, kMostComparedViews);
  renderer.ForEach(shown.size(), [&](size_t i) {
    parts[shown[i]] = renderer.ObjectIn(static_cast<int>(shown[i]), poses);
  });
  const ComparisonLayout layout = LayOutComparison(renderer.scene(), result, parts);
  RgbImage picture(layout.width_px, layout.height_px, kPaperColor);
  std::vector<ImageF> masks(shown.size());  // as their row of panels shows them
  renderer.ForEach(masks.size(), [&](size_t i) {
    const ComparisonPanel& panel = layout.panels[i * layout.columns];
    masks[i] = Through(views[panel.view].mask, panel.window);
  });
  // The panels do not overlap.
  renderer.ForEach(layout.panels.size(), [&](size_t i) {
    const ComparisonPanel& panel = layout.panels[i];
    const ImageF& mask = masks[i / layout.columns];
    ImageF coverage(mask.width, mask.height), light;
    const bool render = panel.rig_from_world.has_value();
    if (render) {
      const Rigid3d& pose = *panel.rig_from_world;
      coverage = renderer.Coverage(panel.view, pose, panel.window);
      light = renderer.Light(panel.view, pose, panel.window, coverage);
    }
    Paste(DrawOverlay(mask, coverage, render, light), panel.x, panel.y, &picture);
  });
  for (const ComparisonText& text : layout.texts) {
    DrawText(&picture, text.text, text.x, text.baseline_y, text.scale, text.color);
  }
  DrawKeyLine(&picture);
  return picture;
}

}  // namespace ceres_align
