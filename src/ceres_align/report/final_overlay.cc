#include "ceres_align/report/final_overlay.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/text_lines.h"
#include "ceres_align/scene/image_outline.h"

namespace ceres_align {
namespace {

constexpr double kTint = 0.6, kHalf = 0.65;
constexpr double kMet_px = 0.5;  // a binary mask's outline is as far off as that

std::string TitleOf(const View& view, const ViewResult& quality) {
  std::string title = view.name + "   IoU " + Format("%.4f", quality.iou);
  if (std::isfinite(quality.contour_rms_px)) {
    title += "   outlines " + Format("%.3g px", quality.contour_rms_px) + " apart (rms)";
  }
  return title;
}

ImageF Cut(const ImageF& image, const PixelBox& part) {
  if (image.empty()) return {};
  return Through(image, {part, {part.width_px, part.height_px}});
}

/// Everything that the panels of a view are made of.
struct Drawn {
  ViewWindow window;
  ImageF target, coverage, light;
  RgbImage photo;  // as the window shows it
};

/// The outline by its misfit, in px of the view.
void DrawMisfit(const View& view, const Drawn& drawn, RgbImage* panel) {
  const ViewWindow& window = drawn.window;
  const ImageF mask = Cut(view.mask, window.part), weight = Cut(view.weight, window.part);
  const MaskOutline outline(mask, weight);
  const double kx = static_cast<double>(window.part.width_px) / window.size.width_px;
  const double ky = static_cast<double>(window.part.height_px) / window.size.height_px;
  for (int row = 0; row < panel->height; ++row) {
    for (int column = 0; column < panel->width; ++column) {
      if (!OnOutline(drawn.coverage, column, row)) continue;
      const OutlinePoint p = {static_cast<float>(kx * (column + 0.5)),
                              static_cast<float>(ky * (row + 0.5))};
      // The pixel's middle lies inside the outline, by half a pixel on the average.
      const double misfit_px = outline.SignedDistance_px(p, kFullMisfit_px) - 0.5 * kx;
      panel->at(column, row) = MisfitColor(misfit_px);
    }
  }
}

/// The photograph, with the colour of mask or mesh where only that one is.
RgbImage Tinted(const Drawn& drawn) {
  RgbImage panel = drawn.photo;
  for (size_t i = 0; i < panel.pixels.size(); ++i) {
    const float t = std::clamp(drawn.target.pixels[i], 0.0f, 1.0f);
    const float c = std::clamp(drawn.coverage.pixels[i], 0.0f, 1.0f);
    if (t > c) panel.pixels[i] = Mix(panel.pixels[i], kTargetColor, kTint * (t - c));
    if (c > t) panel.pixels[i] = Mix(panel.pixels[i], kRenderColor, kTint * (c - t));
  }
  return panel;
}

RgbImage HalfTransparent(const Drawn& drawn) {
  RgbImage panel = drawn.photo;
  for (size_t i = 0; i < panel.pixels.size(); ++i) {
    const float c = std::clamp(drawn.coverage.pixels[i], 0.0f, 1.0f);
    if (c == 0) continue;
    const Rgb lit = Lit(kRenderColor, drawn.light.pixels[i]);
    panel.pixels[i] = Mix(panel.pixels[i], lit, kHalf * c);
  }
  return panel;
}

/// The key, and what the outline's colours mean.
void DrawKeys(bool has_photo, RgbImage* picture) {
  const int width = picture->width - 2 * kGap_px;
  DrawLine(picture,
           Format("outline: white on the mask's, orange or blue where mask or mesh is %g px larger",
                  kFullMisfit_px),
           kGap_px, picture->height - 2 * kLine_px - kGap_px / 2, width, kDimTextColor);
  DrawKeyLine(picture, !has_photo);
}

}  // namespace

Rgb MisfitColor(double misfit_px) {
  const double off =
      std::clamp((std::abs(misfit_px) - kMet_px) / (kFullMisfit_px - kMet_px), 0.0, 1.0);
  return Mix(kOutlineColor, misfit_px > 0 ? kTargetColor : kRenderColor, off);
}

FinalOverlay LayOutFinalOverlay(const SceneRenderer& renderer, int view, const AlignResult& result,
                                bool has_photo) {
  FinalOverlay layout;
  layout.window.part = renderer.ObjectIn(view, {result.rig_from_world});
  const PanelSize own = {layout.window.part.width_px, layout.window.part.height_px};
  const int most_px = has_photo ? kMostOverlayWithPhoto_px : kMostOverlay_px;
  const int longer = std::max(own.width_px, own.height_px);
  layout.window.size =
      longer > most_px ? FitPanel(own, most_px) : FitPanel(own, std::max(longer, kGrownOverlay_px));
  const PanelSize& size = layout.window.size;
  const int panels_px = has_photo ? 2 * size.width_px + kGap_px : size.width_px;
  layout.width_px = std::max(kLeastOverlay_px, panels_px + 2 * kGap_px);
  layout.x = (layout.width_px - panels_px) / 2;
  layout.y = kLine_px + kGap_px;
  if (has_photo) layout.second_x = layout.x + size.width_px + kGap_px;
  layout.height_px = layout.y + size.height_px + kGap_px / 2 + 2 * kLine_px + kGap_px / 2;
  return layout;
}

RgbImage OverlayPicture(const SceneRenderer& renderer, int view, const AlignResult& result,
                        const RgbImage& photo) {
  const View& v = renderer.scene().views.at(view);
  const FinalOverlay layout = LayOutFinalOverlay(renderer, view, result, !photo.empty());
  Drawn drawn;
  drawn.window = layout.window;
  drawn.target = Through(v.mask, drawn.window);
  drawn.coverage = renderer.Coverage(view, result.rig_from_world, drawn.window);
  drawn.light = renderer.Light(view, result.rig_from_world, drawn.window, drawn.coverage);
  RgbImage picture(layout.width_px, layout.height_px, kPaperColor);
  RgbImage panel;
  if (photo.empty()) {
    panel = DrawOverlay(drawn.target, drawn.coverage, false, drawn.light);
  } else {
    drawn.photo = Through(photo, v.camera, drawn.window);
    panel = Tinted(drawn);
    Paste(HalfTransparent(drawn), layout.second_x, layout.y, &picture);
  }
  DrawMisfit(v, drawn, &panel);
  Paste(panel, layout.x, layout.y, &picture);
  DrawLine(&picture, TitleOf(v, result.views.at(view)), kGap_px, kGap_px / 2,
           picture.width - 2 * kGap_px, kTextColor);
  DrawKeys(!photo.empty(), &picture);
  return picture;
}

}  // namespace ceres_align
