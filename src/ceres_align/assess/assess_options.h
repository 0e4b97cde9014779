// What can be set about the judgement of a pose.
#pragma once

namespace ceres_align {

struct AssessOptions {
  bool covariance = true;
  /// The verdict's lengths are taken times this. 1 is for masks that are right to a pixel or less;
  /// those of a segmentation network, and meshes or lenses that are a little wrong, need more.
  double outline_tolerance = 1;

  /// Throws InputError naming the field.
  void Validate() const;
};

}  // namespace ceres_align
