// The area of each pixel that polygons cover. Internal to io/.
#pragma once

#include <array>
#include <vector>

#include "ceres_align/base/image.h"

namespace ceres_align::io_internal {

/// Corners (x, y) in px of the image plane: pixel (column, row) covers [column, column + 1) x
/// [row, row + 1). The last is joined to the first; they may lie outside the image.
using Polygon = std::vector<std::array<double, 2>>;

/// Adds to each pixel the share of it that is inside a polygon by the even-odd rule, up to 1 in
/// all. Exact to rounding, but for pixels in which a polygon crosses itself or two polygons
/// overlap in part. Corners must be finite, of at most 1e9 px.
void AddPolygon(const Polygon& polygon, ImageF* coverage);

}  // namespace ceres_align::io_internal
