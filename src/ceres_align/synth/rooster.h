// The demo's object: a rooster without any mirror symmetry.
#pragma once

#include <cstdint>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// A closed manifold, y up, about 45 units tall, centred roughly at the origin; it looks along
/// (cos 30°, 0, −sin 30°), head turned towards +z, one leg raised. The same surface at every
/// count from 1,000 to 10,000,000 faces: the count comes out within 5 % of `target_faces`.
/// Throws InputError outside that range.
TriangleMesh MakeRooster(int64_t target_faces);

}  // namespace ceres_align
