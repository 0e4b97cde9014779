// Lens distortion as files and flags give it.
#pragma once

#include <string_view>
#include <vector>

#include "ceres_align/geometry/camera.h"

namespace ceres_align {

/// From OpenCV's list [k1,k2,p1,p2[,k3[,k4,k5,k6]]]; empty: none. Throws InputError.
LensDistortion LensFromOpenCv(const std::vector<double>& list, std::string_view where);

/// From cv::fisheye's list [k1,k2,k3,k4]; all must be there. Throws InputError.
LensDistortion LensFromFisheye(const std::vector<double>& list, std::string_view where);

/// The list of either function, as short as it may be; empty for no lens.
std::vector<double> NumbersOfLens(const LensDistortion& lens);

/// As typed: "k1,k2,p1,p2[,…]" or "fisheye:k1,k2,k3,k4"; empty: none. Throws InputError.
LensDistortion ParseLens(std::string_view text, std::string_view where);

/// Throws InputError if the lens folds over inside the image (WhyNoLens in camera.h).
void CheckLens(const Camera& camera, std::string_view where);

}  // namespace ceres_align
