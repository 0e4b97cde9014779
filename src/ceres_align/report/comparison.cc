#include "ceres_align/report/comparison.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/text_lines.h"

namespace ceres_align {
namespace {

constexpr Rgb kGoodColor = {130, 210, 130};
constexpr Rgb kBadColor = {255, 120, 100};
constexpr Rgb kFitsColor = {255, 205, 90};
constexpr int kLeastCell_px = 132;     // so that headings stay readable above narrow panels
constexpr int kLeastPicture_px = 640;  // … and the verdict
constexpr double kSmall = 0.85;        // scale of what is not a title

struct Column {
  std::string title, detail;
  Rgb title_color = kTextColor;
  std::optional<Rigid3d> rig_from_world;
  std::vector<double> view_iou;  // none: not shown
};

const char* KindInWords(ModeKind kind) {
  switch (kind) {
    case ModeKind::kOther:
      return "";
    case ModeKind::kSymmetry:
      return ", the object's symmetry";
    case ModeKind::kMirrorTwin:
      return ", mirror twin";
    case ModeKind::kReversal:
      return ", depth reversed";
  }
  return "";
}

Column OtherColumn(const Alternative& other, const AlignResult& result, size_t number) {
  Column column;
  column.title = "other pose " + std::to_string(number);
  if (other.fits) {
    column.title += ": fits as well";
    column.title_color = kFitsColor;
  }
  const double angle_rad =
      RotationAngle_rad(other.rig_from_world.rotation, result.rig_from_world.rotation);
  column.detail = "cost x" + Format("%.3g", other.cost_ratio) + ", " +
                  Format("%.3g", angle_rad * 180 / M_PI) + " deg away" + KindInWords(other.kind);
  column.rig_from_world = other.rig_from_world;
  column.view_iou = other.view_iou;
  return column;
}

std::vector<Column> ColumnsOf(const Scene& scene, const AlignResult& result) {
  std::vector<Column> columns;
  if (scene.initial_rig_from_world) {
    columns.push_back({"start", "", kTextColor, scene.initial_rig_from_world, {}});
  }
  columns.push_back({"target", "the masks", kTextColor, std::nullopt, {}});
  Column final = {"final", ToString(result.status), kTextColor, result.rig_from_world, {}};
  for (const ViewResult& view : result.views) final.view_iou.push_back(view.iou);
  columns.push_back(final);
  size_t number = 0;
  for (const size_t index : OthersShown(result)) {
    columns.push_back(OtherColumn(result.alternatives[index], result, ++number));
  }
  return columns;
}

std::string FailedChecks(const AlignResult& result) {
  std::string names;
  for (const Check& check : result.checks) {
    if (!check.passed) names += (names.empty() ? "" : ", ") + check.name;
  }
  return names;
}

/// Puts wrapped text below what was there.
class Lines {
 public:
  Lines(ComparisonLayout* layout, int y) : layout_(layout), y_(y) {}

  void Add(const std::string& text, double scale, int x, int width_px, Rgb color) {
    for (const FittedText& line : WrapText(AsciiText(text), scale, width_px)) {
      layout_->texts.push_back({line.text, x, y_ + kLine_px - 8, line.scale, color});
      y_ += kLine_px;
    }
  }
  int y() const { return y_; }

 private:
  ComparisonLayout* layout_;
  int y_;
};

int AddVerdict(const AlignResult& result, int y, ComparisonLayout* layout) {
  Lines lines(layout, y);
  const int width = layout->width_px - 2 * kGap_px;
  if (result.IsUsable()) {
    const std::string text =
        "Usable: all " + std::to_string(result.checks.size()) + " checks passed";
    lines.Add(text, 1, kGap_px, width, kGoodColor);
  } else {
    const std::string failed = FailedChecks(result);
    const std::string why = failed.empty() ? "nothing was checked" : "failed checks: " + failed;
    lines.Add("Not usable; " + why, 1, kGap_px, width, kBadColor);
  }
  if (result.ambiguous) {
    lines.Add("Ambiguous: " + result.ambiguity, kSmall, kGap_px, width, kFitsColor);
  }
  return lines.y();
}

/// How each other pose lies to the answer, and how many are not shown.
int AddOthers(const AlignResult& result, int y, ComparisonLayout* layout) {
  Lines lines(layout, y);
  const int width = layout->width_px - 2 * kGap_px;
  const std::vector<size_t> shown = OthersShown(result);
  for (size_t i = 0; i < shown.size(); ++i) {
    const std::string& relation = result.alternatives[shown[i]].relation;
    if (relation.empty() || result.ambiguity.find(relation) != std::string::npos) continue;
    const std::string text = "Other pose " + std::to_string(i + 1) + ": " + relation;
    lines.Add(text, kSmall, kGap_px, width, kDimTextColor);
  }
  if (const size_t more = result.alternatives.size() - shown.size(); more > 0) {
    const std::string text = std::to_string(more) + (shown.empty() ? "" : " more") +
                             (more == 1 ? " other pose is" : " other poses are") +
                             " listed in result.json";
    lines.Add(text, kSmall, kGap_px, width, kDimTextColor);
  } else if (shown.empty() && result.searched) {
    lines.Add("Other poses: none; the others ended at this one or cost over five times as much",
              kSmall, kGap_px, width, kDimTextColor);
  }
  return lines.y();
}

int AddHeadings(const std::vector<Column>& columns, int cell_width, int y,
                ComparisonLayout* layout) {
  int bottom = y;
  for (size_t i = 0; i < columns.size(); ++i) {
    Lines lines(layout, y);
    const int x = kGap_px + static_cast<int>(i) * (cell_width + kGap_px);
    lines.Add(columns[i].title, 1, x, cell_width, columns[i].title_color);
    if (!columns[i].detail.empty()) {
      lines.Add(columns[i].detail, kSmall, x, cell_width, kDimTextColor);
    }
    bottom = std::max(bottom, lines.y());
  }
  return bottom;
}

int PanelLimit_px(int columns, int rows) {
  const int across = (kComparisonWidth_px - kGap_px) / columns - kGap_px;
  const int down = kComparisonHeight_px / std::max(rows, 1) - kLine_px - kGap_px;
  return std::clamp(std::min(across, down), kLeastPanel_px, kMostPanel_px);
}

/// A view's panels with a line of text above; returns the y below them.
int AddRow(const std::vector<Column>& columns, const View& view, int index, const PanelSize& size,
           int cell_width, int y, ComparisonLayout* layout) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const int x = kGap_px + static_cast<int>(i) * (cell_width + kGap_px);
    const std::vector<double>& iou = columns[i].view_iou;
    std::string label;
    if (i == 0) label = view.name;
    if (index < static_cast<int>(iou.size())) label = "IoU " + Format("%.4f", iou[index]);
    if (!label.empty()) {
      const FittedText fitted = FitText(AsciiText(label), kSmall, cell_width);
      layout->texts.push_back({fitted.text, x, y + kLine_px - 8, fitted.scale, kDimTextColor});
    }
    layout->panels.push_back({index, x, y + kLine_px, size, columns[i].rig_from_world});
  }
  return y + kLine_px + size.height_px + kGap_px;
}

}  // namespace

std::vector<size_t> OthersShown(const AlignResult& result) {
  std::vector<size_t> shown;
  const auto& others = result.alternatives;
  for (size_t i = 0; i < others.size() && shown.size() < kMostOthersShown; ++i) {
    if (others[i].fits) shown.push_back(i);
  }
  int worse = 0;
  for (size_t i = 0; i < others.size() && shown.size() < kMostOthersShown; ++i) {
    if (!others[i].fits && worse++ < kMostWorseShown) shown.push_back(i);
  }
  return shown;
}

ComparisonLayout LayOutComparison(const Scene& scene, const AlignResult& result) {
  const std::vector<Column> columns = ColumnsOf(scene, result);
  const int count = static_cast<int>(columns.size());
  const int limit_px = PanelLimit_px(count, static_cast<int>(scene.views.size()));
  int cell_width =
      std::max(kLeastCell_px, (kLeastPicture_px - kGap_px + count - 1) / count - kGap_px);
  std::vector<PanelSize> sizes;
  for (const View& view : scene.views) {
    sizes.push_back(FitPanel(view.camera, limit_px));
    cell_width = std::max(cell_width, sizes.back().width_px);
  }
  ComparisonLayout layout;
  layout.columns = count;
  layout.width_px = kGap_px + count * (cell_width + kGap_px);
  int y = AddVerdict(result, kGap_px / 2, &layout);
  y = AddHeadings(columns, cell_width, y + kGap_px, &layout);
  for (size_t i = 0; i < scene.views.size(); ++i) {
    y = AddRow(columns, scene.views[i], static_cast<int>(i), sizes[i], cell_width, y, &layout);
  }
  layout.height_px = AddOthers(result, y, &layout) + kLine_px + kGap_px / 2;
  return layout;
}

RgbImage ComparisonPicture(const SceneRenderer& renderer, const AlignResult& result) {
  const ComparisonLayout layout = LayOutComparison(renderer.scene(), result);
  RgbImage picture(layout.width_px, layout.height_px, kPaperColor);
  const std::vector<View>& views = renderer.scene().views;
  std::vector<ImageF> masks(views.size());  // as their row of panels shows them
  renderer.ForEach(masks.size(), [&](size_t i) {
    const PanelSize& size = layout.panels[i * layout.columns].size;
    masks[i] = Resized(views[i].mask, size.width_px, size.height_px);
  });
  // The panels do not overlap.
  renderer.ForEach(layout.panels.size(), [&](size_t i) {
    const ComparisonPanel& panel = layout.panels[i];
    const bool render = panel.rig_from_world.has_value();
    const ImageF coverage = render
                                ? renderer.Coverage(panel.view, *panel.rig_from_world, panel.size)
                                : ImageF(panel.size.width_px, panel.size.height_px);
    Paste(DrawOverlay(masks[panel.view], coverage, render), panel.x, panel.y, &picture);
  });
  for (const ComparisonText& text : layout.texts) {
    DrawText(&picture, text.text, text.x, text.baseline_y, text.scale, text.color);
  }
  DrawKeyLine(&picture);
  return picture;
}

}  // namespace ceres_align
