// Smaller copies of a scene's masks and cameras for coarse-to-fine alignment.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/target.h"

namespace ceres_align {

/// `image` scaled to any smaller size by averaging areas exactly, pixels weighted by `weight`
/// (empty: 1): Σ w·v / Σ w; where Σ w is 0 the value is 0.
ImageF ScaleByArea(const ImageF& image, const ImageF& weight, int width_px, int height_px);

/// One level: each view's camera and target at this level's size.
struct PyramidLevel {
  double scale;  ///< of full size, in (0, 1]
  std::vector<Camera> cameras;
  std::vector<std::shared_ptr<const Target>> targets;
};

/// The scales of the levels, coarsest first, 1 last (see AlignOptions::coarsest_width_px).
/// `smallest_mask_px`: the size of the smallest object seen, the root of its mask's area.
std::vector<double> LevelScales(double widest_view_px, double smallest_mask_px,
                                double coarsest_width_px, double level_factor);

/// results[i] belongs to scales[i]. Targets at full size borrow the scene's images, which must stay
/// as they are while the targets live.
std::vector<PyramidLevel> MakeLevels(const Scene& scene, const std::vector<double>& scales);
PyramidLevel MakeLevel(const Scene& scene, double scale);

}  // namespace ceres_align
