// The report on the console.
#pragma once

#include <string>

#include "ceres_align/align/aligner.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/report/result_json.h"

namespace ceres_align {

/// One line for a running solve: level, iteration, cost, step; or a search's stage. At most 78
/// characters.
std::string ProgressLine(const AlignIteration& step);

/// A line for each check, then whether the result is usable.
std::string VerdictText(const AlignResult& result);

/// Several lines: status and why it stopped, every camera's pose in PyTorch3D's and in OpenCV's
/// form with the direction in words (the reference too, if the scene has the truth), its centre,
/// errors, IoU and outline distance per view, sigmas if there is a covariance, whether the pose was
/// found from the start or by a search (then also the other poses it found), iterations, times, and
/// whether the result is usable.
std::string TextReport(const Scene& scene, const AlignResult& result, const RunSeconds& seconds);

}  // namespace ceres_align
