// Rows of one job into the sums of a Gram matrix, on the calling thread.
#pragma once

#include "ceres_align/render/cpu_sweep.h"
#include "ceres_align/render/rasterizer.h"
#include "ceres_align/render/silhouette_gram.h"

namespace ceres_align {

/// Sums over some rows; to be added in the order of rows.
struct ViewSums {
  GramSums pose;
  IntrinsicsSums intrinsics;  ///< 0 unless asked for

  void Add(const ViewSums& other) {
    pose.Add(other.pose);
    intrinsics.Add(other.intrinsics);
  }
};

/// The given rows of `contour`, whose image has the target's size.
ViewSums SweepGram(const CpuContour& contour, CpuContour::RowRange rows, const Target& target,
                   bool intrinsics, CpuSweep* sweep);

/// `intrinsics` as in SweepGram.
void FillGramResult(const ViewSums& sums, bool intrinsics, GramResult* result);

/// A whole job on the calling thread, in the order of a CpuRasterizer, to the same bits. CHECKs
/// that target and camera have the same size. `contour`, `sweep`: working memory.
void EvaluateJob(const ContourMesh& mesh, const Target& target, const RasterJob& job,
                 CpuContour* contour, CpuSweep* sweep, GramResult* result);

}  // namespace ceres_align
