// Two poses compared by the masks, where they differ.
#pragma once

#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// How another pose meets the masks, against the answer.
struct ComparisonResult {
  /// (its cost + floor) / (the answer's + floor), each ½ Σ w (M − T)² over the pixels in which the
  /// two are not both empty or both full: what lies elsewhere (specks, holes) says nothing about
  /// which is right. floor: kCostFloorPerPx · the masks' outline.
  double cost_ratio = 0;
  double rise = 0;               ///< its cost − the answer's
  std::vector<double> view_iou;  ///< of the other pose
};

/// Holds the answer's rendering at full size. Borrows the scene.
class PoseComparison {
 public:
  PoseComparison(const PreparedScene& prepared, const Rigid3d& answer_from_run);
  ComparisonResult With(const Rigid3d& rig_from_run) const;

 private:
  std::vector<Image<double>> Coverages(const Rigid3d& rig_from_run) const;

  const PreparedScene& prepared_;
  std::vector<Image<double>> answer_;
};

}  // namespace ceres_align
