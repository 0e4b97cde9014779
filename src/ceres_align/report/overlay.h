// The picture of one view: target mask and rendered coverage as two colours, a third where they
// agree, and the outline of the rendering.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/report/draw.h"

namespace ceres_align {

constexpr Rgb kEmptyColor = {18, 20, 24};       ///< neither
constexpr Rgb kTargetColor = {255, 150, 20};    ///< the mask has it, the rendering does not
constexpr Rgb kRenderColor = {45, 140, 255};    ///< the rendering has it, the mask does not
constexpr Rgb kAgreeColor = {92, 112, 104};     ///< both
constexpr Rgb kOutlineColor = {245, 250, 240};  ///< the rendering's edge

/// What the rendering has is drawn darker and brighter than the two colours above, by its light.
Rgb Lit(const Rgb& color, double light);

/// Both images in [0, 1] and of the same size (CHECKed); the four colours are mixed bilinearly by
/// (target, coverage). The outline lies on the innermost pixels of {coverage >= ½}; it is left
/// out if `outline` is false. `light` (SceneRenderer::Light; empty: none) shows the surface's
/// shape.
RgbImage DrawOverlay(const ImageF& target, const ImageF& coverage, bool outline = true,
                     const ImageF& light = {});
/// Whether the outline of the rendering runs on that pixel.
bool OnOutline(const ImageF& coverage, int column, int row);

/// The key to the colours in one line, baseline at y; returns its width. A null image: only
/// measures. `with_both` false: what both have is not drawn, as on a photograph.
int DrawKey(RgbImage* image, int x, int y, double scale, bool with_both = true);

/// The colours DrawOverlay can make, on a grid of `steps` values of target and of coverage, and of
/// `shades` values of light (0: none), for the palette of an animation.
std::vector<Rgb> OverlayPalette(int steps, int shades = 0);

}  // namespace ceres_align
