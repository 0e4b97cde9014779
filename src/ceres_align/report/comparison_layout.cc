#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"
#include "ceres_align/report/comparison.h"
#include "ceres_align/report/run_story.h"
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

/// Where the panels of a view stand: `blocks` views beside each other, `columns` panels each.
struct Grid {
  int blocks = 1, columns = 1;
  int panel_px = 0;  // at most, across and down
  int cell_px = 0;   // what a panel takes across
  int X(int block, int column) const {
    return kGap_px + block * (columns * (cell_px + kGap_px) + kGap_px) +
           column * (cell_px + kGap_px);
  }
  int width_px() const { return X(blocks, 0) - kGap_px; }
};

int PanelLimit_px(int across, int down) {
  const int wide = (kComparisonWidth_px - kGap_px) / across - 2 * kGap_px;
  const int high = kComparisonHeight_px / std::max(down, 1) - kLine_px - kGap_px;
  return std::clamp(std::min(wide, high), kLeastPanel_px, kMostPanel_px);
}

/// As few blocks as give the largest panels.
Grid ChooseGrid(int columns, int num_views) {
  Grid grid;
  grid.columns = columns;
  for (int blocks = 1; blocks <= std::max(1, num_views); ++blocks) {
    const int least_px = blocks * (columns * (kLeastCell_px + kGap_px) + kGap_px) + kGap_px;
    if (blocks > 1 && least_px > kComparisonWidth_px) break;
    const int panel_px = PanelLimit_px(blocks * columns, (num_views + blocks - 1) / blocks);
    if (panel_px <= grid.panel_px) continue;
    grid.panel_px = panel_px;
    grid.blocks = blocks;
  }
  return grid;
}

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

int AddViewsLeftOut(size_t shown, size_t all, int y, ComparisonLayout* layout) {
  Lines lines(layout, y);
  if (shown < all) {
    lines.Add(Format("%zu of %zu views: those that fit worst", shown, all), kSmall, kGap_px,
              layout->width_px - 2 * kGap_px, kDimTextColor);
  }
  return lines.y();
}

int AddHeadings(const std::vector<Column>& columns, const Grid& grid, int y,
                ComparisonLayout* layout) {
  int bottom = y;
  for (int block = 0; block < grid.blocks; ++block) {
    for (size_t i = 0; i < columns.size(); ++i) {
      Lines lines(layout, y);
      const int x = grid.X(block, static_cast<int>(i));
      lines.Add(columns[i].title, 1, x, grid.cell_px, columns[i].title_color);
      if (!columns[i].detail.empty()) {
        lines.Add(columns[i].detail, kSmall, x, grid.cell_px, kDimTextColor);
      }
      bottom = std::max(bottom, lines.y());
    }
  }
  return bottom;
}

/// A view's panels with a line of text above; returns the y below them.
int AddView(const std::vector<Column>& columns, const View& view, int index,
            const ViewWindow& window, const Grid& grid, int block, int y,
            ComparisonLayout* layout) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const int x = grid.X(block, static_cast<int>(i));
    const std::vector<double>& iou = columns[i].view_iou;
    std::string label;
    if (i == 0) label = view.name;
    if (index < static_cast<int>(iou.size())) label = "IoU " + Format("%.4f", iou[index]);
    if (!label.empty()) {
      const FittedText fitted = FitText(AsciiText(label), kSmall, grid.cell_px);
      layout->texts.push_back({fitted.text, x, y + kLine_px - 8, fitted.scale, kDimTextColor});
    }
    layout->panels.push_back({index, x, y + kLine_px, window, columns[i].rig_from_world});
  }
  return y + kLine_px + window.size.height_px + kGap_px;
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

std::vector<std::optional<Rigid3d>> ComparedPoses(const Scene& scene, const AlignResult& result) {
  std::vector<std::optional<Rigid3d>> poses;
  for (const Column& column : ColumnsOf(scene, result)) poses.push_back(column.rig_from_world);
  return poses;
}

ComparisonLayout LayOutComparison(const Scene& scene, const AlignResult& result,
                                  const std::vector<PixelBox>& parts) {
  CHECK(parts.empty() || parts.size() == scene.views.size());
  const std::vector<Column> columns = ColumnsOf(scene, result);
  const std::vector<size_t> shown = WorstViews(result, kMostComparedViews);
  Grid grid = ChooseGrid(static_cast<int>(columns.size()), static_cast<int>(shown.size()));
  grid.cell_px = kLeastCell_px;
  std::vector<ViewWindow> windows;
  for (const size_t i : shown) {
    ViewWindow window = WholeView(scene.views[i].camera, {});
    if (!parts.empty()) window.part = parts[i];
    window.size = FitPanel(PanelSize{window.part.width_px, window.part.height_px}, grid.panel_px);
    grid.cell_px = std::max(grid.cell_px, window.size.width_px);
    windows.push_back(window);
  }
  const int across = grid.blocks * grid.columns;
  grid.cell_px = std::max(grid.cell_px, (kLeastPicture_px + across - 1) / across - kGap_px);
  ComparisonLayout layout;
  layout.columns = grid.columns;
  layout.blocks = grid.blocks;
  layout.width_px = grid.width_px();
  int y = AddVerdict(result, kGap_px / 2, &layout);
  y = AddHeadings(columns, grid, y + kGap_px, &layout);
  for (size_t i = 0; i < shown.size(); i += grid.blocks) {
    int bottom = y;
    for (int block = 0; block < grid.blocks && i + block < shown.size(); ++block) {
      const int view = static_cast<int>(shown[i + block]);
      bottom = std::max(bottom, AddView(columns, scene.views[view], view, windows[i + block], grid,
                                        block, y, &layout));
    }
    y = bottom;
  }
  y = AddViewsLeftOut(shown.size(), scene.views.size(), y, &layout);
  layout.height_px = AddOthers(result, y, &layout) + kLine_px + kGap_px / 2;
  return layout;
}

}  // namespace ceres_align
