// What can be set about the judgement of a pose.
#pragma once

#include <cmath>

namespace ceres_align {

struct AssessOptions {
  bool covariance = true;
  /// The verdict's lengths are taken times this; 1 is for all usual masks, those of a segmentation
  /// network too.
  double outline_tolerance = 1;
  /// How exact the pose has to be, with 90 % probability, to be usable: rotation, and translation
  /// of the object's centre relative to its distance.
  double require_rad = M_PI / 180;
  double require_of_distance = 0.01;

  /// Throws InputError naming the field.
  void Validate() const;
};

}  // namespace ceres_align
