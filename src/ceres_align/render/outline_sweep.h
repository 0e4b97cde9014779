// Outline samples of one job, on the calling thread.
#pragma once

#include <vector>

#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/cpu_sweep.h"
#include "ceres_align/render/outline_sample.h"

namespace ceres_align {

/// All pixels of `view` that an edge of the outline crosses, by rows, then columns; only those in
/// the middle of view.window x view.window, named by their pixel. Memory grows with the outline,
/// not with the frame. `contour`, `sweep`: working memory.
void SweepOutline(const ContourMesh& mesh, const ViewGeometry& view, CpuContour* contour,
                  CpuSweep* sweep, std::vector<OutlineSample>* samples);

}  // namespace ceres_align
