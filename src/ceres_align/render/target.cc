#include "ceres_align/render/target.h"

#include <cmath>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {

Target::Target(ImageF mask, ImageF weight) : mask_(std::move(mask)), weight_(std::move(weight)) {
  CHECK(mask_.width > 0 && mask_.height > 0);
  if (!weight_.empty()) {
    CHECK_EQ(weight_.width, mask_.width);
    CHECK_EQ(weight_.height, mask_.height);
  }
  for (float t : mask_.pixels) CHECK(t >= 0 && t <= 1) << "mask value " << t;
  for (float w : weight_.pixels) CHECK(w >= 0 && std::isfinite(w)) << "weight " << w;
  const int blocks = (mask_.width + kBlock - 1) / kBlock;
  row_stride_ = 2 * (blocks + 1);
  prefix_.resize(static_cast<size_t>(mask_.height) * row_stride_);
  for (int r = 0; r < mask_.height; ++r) {
    double* p = prefix_.data() + static_cast<size_t>(r) * row_stride_;
    p[0] = p[1] = 0;
    for (int b = 0; b < blocks; ++b) {
      const int begin = b * kBlock, end = std::min(mask_.width, begin + kBlock);
      p[2 * b + 2] = p[2 * b] + DirectCost(r, begin, end, false);
      p[2 * b + 3] = p[2 * b + 1] + DirectCost(r, begin, end, true);
    }
  }
}

double Target::DirectCost(int r, int begin, int end, bool covered) const {
  const float* t = mask_.row(r);
  const float* w = weight_.empty() ? nullptr : weight_.row(r);
  const double m = covered ? 1.0 : 0.0;
  double sum = 0;
  for (int c = begin; c < end; ++c) {
    const double d = m - t[c];
    sum += w ? w[c] * d * d : d * d;
  }
  return sum;
}

double Target::RunCost(int r, int begin, int end, bool covered) const {
  const int first_block = (begin + kBlock - 1) / kBlock, last_block = end / kBlock;
  if (first_block >= last_block) return DirectCost(r, begin, end, covered);
  const double* p = row_prefix(r) + (covered ? 1 : 0);
  return DirectCost(r, begin, first_block * kBlock, covered) +
         (p[2 * last_block] - p[2 * first_block]) +
         DirectCost(r, last_block * kBlock, end, covered);
}

}  // namespace ceres_align
