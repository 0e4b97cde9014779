// Which pixels of an image with several objects say something about each of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/objects/depth_range.h"

namespace ceres_align {

/// What is known of an object in one image.
struct ObjectInImage {
  const View* view = nullptr;  ///< its mask, and the weights that it has without the others
  /// At its pose, and spread over the image; none where the pose is not known.
  std::optional<DepthRange> depths, spread;
  double margin = 0;  ///< depths nearer to each other than this are not told apart
};

/// The weights of `object` beside the others in the same image. Its own pixels count, and all that
/// belong to nobody. A pixel of another's mask counts (as background, which it is: the object is
/// not there, or one would see it) if all of the object there lies in front of all of the other;
/// the object's depth at a pixel that it does not cover is that of the nearest which it does. Else
/// that other may hide the object: weight 0. Empty: 1 everywhere.
ImageF WeightsBeside(const ObjectInImage& object, const std::vector<const ObjectInImage*>& others);

/// Pixels of `behind`'s mask at which, by their depths, all of `front` lies in front: there one
/// would see `front`. Those on its very outline are left out. 0 unless both poses are known.
double SeenThrough_px(const ObjectInImage& front, const ObjectInImage& behind);

}  // namespace ceres_align
