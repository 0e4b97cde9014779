// The picture of one view at the pose that was found.
#pragma once

#include <string>

#include "ceres_align/align/align_result.h"
#include "ceres_align/report/scene_renderer.h"

namespace ceres_align {

/// Panels are shrunk to this, and those that are much smaller grow by a whole factor; of the two
/// beside a photograph each.
constexpr int kMostOverlay_px = 1280, kMostOverlayWithPhoto_px = 960, kGrownOverlay_px = 800;
constexpr int kLeastOverlay_px = 480;  ///< of the picture's width, for its text

struct FinalOverlay {
  ViewWindow window;  ///< what each panel shows
  int x = 0, y = 0;   ///< of the panel, or of the first of two
  int second_x = 0;   ///< of the second, at the same height; 0: there is one panel
  int width_px = 0, height_px = 0;
};
/// Where everything lies: the view cut to the object, its mask's box and the mesh's, below a line
/// of text and above two.
FinalOverlay LayOutFinalOverlay(const SceneRenderer& renderer, int view, const AlignResult& result,
                                bool has_photo);

/// Without a photograph: mask and mesh overlaid (overlay.h), the mesh lit. With one (empty: none),
/// of all that the camera sees, in any size: the photograph, on which what only one of mask and
/// mesh covers has that one's colour, and beside it the mesh, lit, half transparent on the
/// photograph. Everything is seen through the view's lens. The outline's colour is its misfit
/// (MisfitColor). Above: name, IoU and the outlines' distance; below: the key.
RgbImage OverlayPicture(const SceneRenderer& renderer, int view, const AlignResult& result,
                        const RgbImage& photo = {});

/// White where outline and mask meet, to kFullMisfit_px: kTargetColor where the mask is larger
/// (above 0), kRenderColor where the mesh is.
Rgb MisfitColor(double misfit_px);
constexpr double kFullMisfit_px = 2;

}  // namespace ceres_align
