// What a scene from a caller must be before anything is done with it.
#pragma once

#include "ceres_align/geometry/scene.h"

namespace ceres_align {

/// Throws InputError naming the view (or mesh) and the value: no views; a mesh that is missing or
/// has no faces; a camera that is not finite or has no size or focal length; a mask or weight of
/// another size, a mask value outside [0, 1], a weight that is negative or not finite; a pose that
/// is not finite; every mask empty.
void CheckScene(const Scene& scene);

}  // namespace ceres_align
