// Pixels behind things at known places.
#pragma once

#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// The scene without its occluders: weight 0 where one of them covers a part of a pixel, as seen by
/// each view's camera through its lens. Whether the object lies in front of an occluder there is
/// not asked: such pixels could tell, but do not count. Throws InputError for an occluder that
/// CheckScene refuses.
Scene HideBehindOccluders(const Scene& scene, Rasterizer* rasterizer);

}  // namespace ceres_align
