// A few faces far away from all others, as scans have.
#pragma once

#include <optional>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// A cleaned mesh without the faces that BulkSphere leaves out; nothing where it leaves out none,
/// or where they look like a part of the object (a long pole): some reach out from the rest, and
/// all together have more than a quarter of its area.
std::optional<TriangleMesh> WithoutStrays(const TriangleMesh& mesh);

}  // namespace ceres_align
