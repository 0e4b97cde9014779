// Which part of a view a picture shows, and at which size.
#pragma once

#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/report/draw.h"

namespace ceres_align {

struct PanelSize {
  int width_px;
  int height_px;
};
/// The size at which a view is shown in a panel of at most max_px by max_px: shrunk to fit, or
/// grown by a whole factor.
PanelSize FitPanel(const Camera& camera, int max_px);
PanelSize FitPanel(const PanelSize& own, int max_px);

/// Pixels [x, x + width_px) x [y, y + height_px) of something.
struct PixelBox {
  int x = 0, y = 0, width_px = 0, height_px = 0;
  bool empty() const { return width_px <= 0 || height_px <= 0; }
};
/// The smallest that holds both; an empty one adds nothing.
PixelBox Union(const PixelBox& a, const PixelBox& b);
/// Around the pixels of at least `least`.
PixelBox BoxOf(const ImageF& image, float least);

/// A rectangle of a view's picture and the size at which it is shown.
struct ViewWindow {
  PixelBox part;  ///< of the view's pixels
  PanelSize size;
  /// Panel's px per px of the view, across; that of the rows differs by rounding at most.
  double scale() const { return static_cast<double>(size.width_px) / part.width_px; }
};
/// All of a view.
ViewWindow WholeView(const Camera& camera, const PanelSize& size);
/// The camera whose picture the panel is, lens and all.
Camera CameraThrough(const Camera& camera, const ViewWindow& window);

/// The part of a view that shows what lies in `object`: with a margin, no side below
/// kLeastWindow_px nor half of the other where the frame has so much; all of it where `object` is
/// empty.
PixelBox WithMargin(const PixelBox& object, const Camera& camera);
constexpr int kLeastWindow_px = 64;

/// What a window shows of a picture of the whole view in the view's size: areas are averaged
/// where it shrinks, pixels are repeated where it grows.
ImageF Through(const ImageF& image, const ViewWindow& window);
/// The same of a photograph of the whole view in any size; between pixels it is linear where it
/// grows.
RgbImage Through(const RgbImage& photo, const Camera& camera, const ViewWindow& window);
/// All of an image at another size, as Through.
ImageF Resized(const ImageF& image, int width_px, int height_px);

}  // namespace ceres_align
