#include "ceres_align/render/target.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {

Target::Target(ImageF mask, ImageF weight)
    : Target(std::make_shared<const ImageF>(std::move(mask)),
             std::make_shared<const ImageF>(std::move(weight))) {}

Target::Target(std::shared_ptr<const ImageF> mask, std::shared_ptr<const ImageF> weight)
    : mask_(std::move(mask)), weight_(std::move(weight)) {
  CHECK(mask_->width > 0 && mask_->height > 0);
  if (!weight_->empty()) {
    CHECK_EQ(weight_->width, mask_->width);
    CHECK_EQ(weight_->height, mask_->height);
  }
  for (float t : mask_->pixels) CHECK(t >= 0 && t <= 1) << "mask value " << t;
  for (float w : weight_->pixels) CHECK(w >= 0 && std::isfinite(w)) << "weight " << w;
  const int blocks = view().num_blocks();
  row_stride_ = (weight_->empty() ? 2 : 4) * (blocks + 1);
  prefix_.resize(static_cast<size_t>(mask_->height) * row_stride_);
  const TargetView pixels = view();
  for (int r = 0; r < mask_->height; ++r) {
    double* p = prefix_.data() + static_cast<size_t>(r) * row_stride_;
    p[0] = p[1] = 0;
    for (int b = 0; b < blocks; ++b) {
      const int begin = b * kBlock, end = std::min(mask_->width, begin + kBlock);
      p[2 * b + 2] = p[2 * b] + pixels.DirectCost(r, begin, end, false);
      p[2 * b + 3] = p[2 * b + 1] + pixels.DirectCost(r, begin, end, true);
    }
    if (weight_->empty()) continue;
    p += 2 * (blocks + 1);
    p[0] = p[1] = 0;
    for (int b = 0; b < blocks; ++b) {
      p[2 * b + 2] = p[2 * b];
      p[2 * b + 3] = p[2 * b + 1];
      pixels.AddDirectWeights(r, b * kBlock, std::min(mask_->width, (b + 1) * kBlock),
                              &p[2 * b + 2], &p[2 * b + 3]);
    }
  }
}

}  // namespace ceres_align
