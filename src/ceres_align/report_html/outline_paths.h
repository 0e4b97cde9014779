// Outlines of coverage images as lines to draw. Internal to report_html/.
#pragma once

#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/scene/image_outline.h"

namespace ceres_align::report_html_internal {

/// One connected line; px, the first pixel's centre is (0.5, 0.5). A closed one ends where it
/// begins.
using OutlinePath = std::vector<OutlinePoint>;

/// Where the image passes 0.5, linear between neighbouring pixels' centres (marching squares; a
/// saddle is parted by the mean of its four pixels). Lines that run into the frame end there. In
/// the order of their first points by rows.
std::vector<OutlinePath> TraceOutline(const ImageF& coverage);

/// The path without points that lie within `tolerance_px` of the line that is drawn instead. Ends
/// stay.
OutlinePath Thinned(const OutlinePath& path, double tolerance_px);

}  // namespace ceres_align::report_html_internal
