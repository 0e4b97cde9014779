// The parts of a scene's images that have to be looked at.
#pragma once

#include "ceres_align/geometry/scene.h"

namespace ceres_align {

/// The scene with each view's images and camera cut to its mask and a margin of kCropMargin of the
/// mask's larger side, at least kCropMargin_px, on every side that the frame leaves. What lies
/// outside is background, so an object whose outline is not the mask's misfits in the margin. A
/// view whose mask is empty keeps its frame. Poses are the same in both.
Scene CropToMasks(const Scene& scene);

constexpr double kCropMargin = 0.12;
constexpr int kCropMargin_px = 16;

/// Whether the masks of all views together have so much area, px.
bool ShowsAtLeast(const Scene& scene, double area_px);

}  // namespace ceres_align
