#include "ceres_align/track/crop.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace ceres_align {
namespace {

struct PixelBox {
  int left, top, right, bottom;  // right and bottom are outside
  bool empty() const { return left >= right; }
};

// Whether any is not 0 (or -0), many at a time.
bool AnyIn(const float* row, int n) {
  uint32_t any = 0;
  for (int i = 0; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, row + i, sizeof bits);
    any |= bits << 1;
  }
  return any != 0;
}

// Of the pixels that are not 0.
PixelBox BoxOf(const ImageF& mask) {
  PixelBox box = {mask.width, mask.height, 0, 0};
  const auto shown = [](float v) { return v != 0; };
  for (int r = 0; r < mask.height; ++r) {
    const float* row = mask.row(r);
    if (!AnyIn(row, mask.width)) continue;
    const float* end = row + mask.width;
    const float* first = std::find_if(row, end, shown);
    if (first == end) continue;
    // Only what could widen the box.
    const float* last = end;
    while (last > row + box.right && !shown(last[-1])) --last;
    box.left = std::min(box.left, static_cast<int>(first - row));
    box.right = std::max(box.right, static_cast<int>(last - row));
    box.top = std::min(box.top, r);
    box.bottom = r + 1;
  }
  return box;
}

PixelBox Widened(const PixelBox& box, int width_px, int height_px) {
  const int side = std::max(box.right - box.left, box.bottom - box.top);
  const int margin = std::max(kCropMargin_px, static_cast<int>(kCropMargin * side));
  return {std::max(0, box.left - margin), std::max(0, box.top - margin),
          std::min(width_px, box.right + margin), std::min(height_px, box.bottom + margin)};
}

ImageF Cut(const ImageF& image, const PixelBox& box) {
  if (image.empty()) return {};
  ImageF part(box.right - box.left, box.bottom - box.top);
  for (int r = box.top; r < box.bottom; ++r) {
    std::copy(image.row(r) + box.left, image.row(r) + box.right, part.row(r - box.top));
  }
  return part;
}

}  // namespace

Scene CropToMasks(const Scene& scene) {
  Scene cropped;
  cropped.meshes = scene.meshes;
  cropped.mesh_names = scene.mesh_names;
  for (const View& view : scene.views) {
    const PixelBox box = BoxOf(view.mask);
    if (box.empty()) {
      cropped.views.push_back(view);
      continue;
    }
    const PixelBox part = Widened(box, view.mask.width, view.mask.height);
    View cut;
    cut.name = view.name;
    cut.camera = view.camera;
    cut.camera.cx_px -= part.left;
    cut.camera.cy_px -= part.top;
    cut.camera.width_px = part.right - part.left;
    cut.camera.height_px = part.bottom - part.top;
    cut.mask = Cut(view.mask, part);
    cut.weight = Cut(view.weight, part);
    cut.cam_from_rig = view.cam_from_rig;
    cut.mesh_index = view.mesh_index;
    cut.world_from_object = view.world_from_object;
    cropped.views.push_back(std::move(cut));
  }
  return cropped;
}

bool ShowsAtLeast(const Scene& scene, double area_px) {
  double left_px = area_px;
  for (const View& view : scene.views) {
    for (const float v : view.mask.pixels) {
      left_px -= v;
      if (!(left_px > 0)) return true;  // NaN too, for who checks it
    }
  }
  return !(left_px > 0);
}

}  // namespace ceres_align
