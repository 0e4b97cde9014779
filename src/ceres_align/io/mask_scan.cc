#include "ceres_align/io/mask_scan.h"

#include <algorithm>

namespace ceres_align::io_internal {
namespace {

// Side by side in as many lanes as a register has.
constexpr size_t kLanes = 8;
// Their sums are exact in float where all values are 0 and 1.
constexpr size_t kPiece = 4096;

struct Piece {
  float low = 1, high = 0;
  double sum = 0;
  int32_t below_half = 0;
};

Piece ScanPiece(const float* values, size_t count) {
  float low[kLanes], high[kLanes], sum[kLanes] = {};
  int32_t below[kLanes] = {};
  std::fill(low, low + kLanes, 1.0f);
  std::fill(high, high + kLanes, 0.0f);
  const size_t whole = count / kLanes * kLanes;
  for (size_t i = 0; i < whole; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      const float v = values[i + k];
      low[k] = v < low[k] ? v : low[k];
      high[k] = v > high[k] ? v : high[k];
      sum[k] += v;
      below[k] += v < 0.5f ? 1 : 0;
    }
  }
  Piece all;
  const auto add = [&](float least, float most, float part, int32_t number) {
    all.low = std::min(all.low, least);
    all.high = std::max(all.high, most);
    all.sum += part;
    all.below_half += number;
  };
  for (size_t k = 0; k < kLanes; ++k) add(low[k], high[k], sum[k], below[k]);
  for (size_t i = whole; i < count; ++i) {
    add(values[i], values[i], values[i], values[i] < 0.5f ? 1 : 0);
  }
  return all;
}

// How many are 1; -1 where there are others than 0 and 1.
int OnesOfBinary(const float* values, size_t count) {
  int ones = 0, others = 0;
  for (size_t i = 0; i < count; ++i) {
    const int is_one = values[i] == 1 ? 1 : 0, is_zero = values[i] == 0 ? 1 : 0;
    ones += is_one;
    others |= 1 - (is_one + is_zero);
  }
  return others == 0 ? ones : -1;
}

bool HasOthers(const float* values, size_t count, float value) {
  int others = 0;
  for (size_t i = 0; i < count; ++i) others |= (values[i] != 0) & (values[i] != value) ? 1 : 0;
  return others != 0;
}

}  // namespace

void MaskScan::Add(const float* values, size_t count) {
  for (size_t begin = 0; begin < count; begin += kPiece) {
    const size_t length = std::min(kPiece, count - begin);
    const float* const from = values + begin;
    // Most of a mask is.
    if (const int ones = OnesOfBinary(from, length); ones >= 0) {
      AddBinary(static_cast<size_t>(ones), length);
      continue;
    }
    const Piece piece = ScanPiece(from, length);
    low_ = std::min(low_, piece.low);
    high_ = std::max(high_, piece.high);
    sum_ += piece.sum;
    below_half_ += piece.below_half;
    if (others_ || piece.high == 0) continue;
    if (value_ == 0) value_ = *std::find_if(from, from + length, [](float v) { return v != 0; });
    others_ = HasOthers(from, length, value_);
  }
}

void MaskScan::AddBinary(size_t ones, size_t count) {
  if (ones < count) low_ = std::min(low_, 0.0f);
  if (ones > 0) high_ = 1;
  sum_ += static_cast<double>(ones);
  below_half_ += static_cast<int64_t>(count - ones);
  if (ones == 0) return;
  others_ = others_ || (value_ != 0 && value_ != 1);
  if (value_ == 0) value_ = 1;
}

}  // namespace ceres_align::io_internal
