// The table of panels that compares start, target, final pose and the other poses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/report/scene_renderer.h"

namespace ceres_align {

/// Other poses that get a column: those that fit first, then others, best first.
constexpr int kMostOthersShown = 4;
/// Of those that do not fit, for they only tell how far off the next ones are.
constexpr int kMostWorseShown = 2;
/// Panels shrink where the picture would be larger than this; but see kLeastPanel_px.
constexpr int kComparisonWidth_px = 1900, kComparisonHeight_px = 2200;
constexpr int kMostPanel_px = 420, kLeastPanel_px = 96;
constexpr size_t kMostComparedViews = 24;  ///< of more those that fit worst (WorstViews)

struct ComparisonPanel {
  int view;
  int x, y;
  ViewWindow window;
  std::optional<Rigid3d> rig_from_world;  ///< absent: the mask alone
};

struct ComparisonText {
  std::string text;  ///< fitted; printable ASCII
  int x, baseline_y;
  double scale;
  Rgb color;
};

/// Everything on the picture but the key to the colours, in the lowest kLine_px rows.
struct ComparisonLayout {
  int width_px = 0, height_px = 0;
  int columns = 0;                      ///< of a view's panels
  int blocks = 1;                       ///< views that stand beside each other
  std::vector<ComparisonPanel> panels;  ///< view by view
  std::vector<ComparisonText> texts;
};

/// Indices into result.alternatives, in the order of their columns.
std::vector<size_t> OthersShown(const AlignResult& result);

/// What each column shows: the start if the scene has one, nothing (the target), the final pose,
/// the other poses.
std::vector<std::optional<Rigid3d>> ComparedPoses(const Scene& scene, const AlignResult& result);

/// From the top: the verdict and why; headings; a row of panels per view, a column for each of
/// ComparedPoses; how each other pose lies to the answer, how many are not shown, and how many
/// views. Many views stand in several blocks beside each other, so many that panels are largest.
/// `parts`: of each view what its panels show (SceneRenderer::ObjectIn); empty: all of it.
ComparisonLayout LayOutComparison(const Scene& scene, const AlignResult& result,
                                  const std::vector<PixelBox>& parts = {});

/// The picture of that layout, each view cut to the object at all of its poses. Panels hold mask
/// and rendering overlaid (overlay.h), the mesh lit; small ones are grown by a whole factor.
RgbImage ComparisonPicture(const SceneRenderer& renderer, const AlignResult& result);

}  // namespace ceres_align
