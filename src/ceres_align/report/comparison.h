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
constexpr int kComparisonWidth_px = 1900, kComparisonHeight_px = 3200;
constexpr int kMostPanel_px = 420, kLeastPanel_px = 96;

struct ComparisonPanel {
  int view;
  int x, y;
  PanelSize size;
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
  int columns = 0;
  std::vector<ComparisonPanel> panels;  ///< row by row: one row per view
  std::vector<ComparisonText> texts;
};

/// Indices into result.alternatives, in the order of their columns.
std::vector<size_t> OthersShown(const AlignResult& result);

/// From the top: the verdict and why; headings; a row of panels per view (columns: the start if
/// the scene has one, target, final, the other poses); how each other pose lies to the answer, and
/// how many are not shown.
ComparisonLayout LayOutComparison(const Scene& scene, const AlignResult& result);

/// The picture of that layout. Panels hold mask and rendering overlaid (overlay.h); small ones are
/// grown by a whole factor.
RgbImage ComparisonPicture(const SceneRenderer& renderer, const AlignResult& result);

}  // namespace ceres_align
