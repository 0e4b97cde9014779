#include "ceres_align/objects/depth_order.h"

#include <algorithm>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

bool HasDepths(const ObjectInImage& object) {
  return object.depths.has_value() && !object.depths->empty();
}

// Whether the object lies in front of the other around a pixel.
bool LiesInFront(const ObjectInImage& object, const ObjectInImage& other, size_t pixel) {
  return object.spread->farthest.pixels[pixel] + std::max(object.margin, other.margin) <
         other.spread->nearest.pixels[pixel];
}

}  // namespace

ImageF WeightsBeside(const ObjectInImage& object, const std::vector<const ObjectInImage*>& others) {
  const View& view = *object.view;
  ImageF weights = view.weight;
  for (const ObjectInImage* other : others) {
    const ImageF& mask = other->view->mask;
    CHECK(mask.width == view.mask.width && mask.height == view.mask.height);
    const bool known = HasDepths(object) && HasDepths(*other);
    for (size_t i = 0; i < mask.pixels.size(); ++i) {
      // Where the object's own mask is full it is seen, whatever the other's says.
      if (mask.pixels[i] == 0 || view.mask.pixels[i] == 1) continue;
      if (known && LiesInFront(object, *other, i)) continue;
      if (weights.empty()) weights = ImageF(mask.width, mask.height, 1.0f);
      weights.pixels[i] = 0;
    }
  }
  return weights;
}

double SeenThrough_px(const ObjectInImage& front, const ObjectInImage& behind) {
  if (!HasDepths(front) || !HasDepths(behind)) return 0;
  const ImageF& depths = front.depths->nearest;
  const auto inside = [&](int x, int y) {
    for (int v = y - 1; v <= y + 1; ++v) {
      for (int u = x - 1; u <= x + 1; ++u) {
        if (!(depths.at(u, v) > 0)) return false;
      }
    }
    return true;
  };
  double count = 0;
  for (int y = 1; y + 1 < depths.height; ++y) {
    for (int x = 1; x + 1 < depths.width; ++x) {
      const size_t i = static_cast<size_t>(y) * depths.width + x;
      const bool seen = behind.view->mask.pixels[i] == 1 && front.view->mask.pixels[i] == 0 &&
                        behind.depths->nearest.pixels[i] > 0;
      if (seen && LiesInFront(front, behind, i) && inside(x, y)) ++count;
    }
  }
  return count;
}

}  // namespace ceres_align
