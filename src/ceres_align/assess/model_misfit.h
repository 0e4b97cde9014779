// Whether a change of the model, of few parameters and all over the outline, would explain what the
// best pose leaves: a mesh of other proportions is wrong, where a mask is only poor.
#pragma once

#include <vector>

#include "ceres_align/assess/misfit.h"
#include "ceres_align/assess/outline_pixels.h"

namespace ceres_align {

struct ModelMisfit {
  /// Of the outline's squared displacements that the best pose leaves, the part that goes with the
  /// object stretched and sheared as well (6 parameters), and what noise of independent tiles would
  /// give up by them.
  double stretch_explains = 0, stretch_by_chance = 0;
  double stretch = 0;  ///< the largest relative change of length in that stretch
  double rms_px = 0;   ///< of the displacements that the best pose leaves, limited
};

/// Least squares of displacements (limited to four times misfit.scale_px) by length, first order.
ModelMisfit MeasureModelMisfit(const std::vector<OutlinePixel>& pixels, const Misfit& misfit);

}  // namespace ceres_align
