// What the rules for masks (mask_io.h) ask of all pixels together. Internal to io/, and to what
// makes masks piece by piece.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "ceres_align/io/mask_io.h"

namespace ceres_align::io_internal {

/// Looks at the values piece by piece, while each piece is in the cache.
class MaskScan {
 public:
  /// The next values. Where one is not in [0, 1] only InRange() holds.
  void Add(const float* values, size_t count);
  /// The next `count` values, of which `ones` are 1 and the others 0.
  void AddBinary(size_t ones, size_t count);

  bool InRange() const { return low_ >= 0 && high_ <= 1 && !std::isnan(sum_); }
  float low() const { return low_; }    ///< 1 where there are no values
  float high() const { return high_; }  ///< 0 where there are none
  double sum() const { return sum_; }
  int64_t num_below_half() const { return below_half_; }
  /// The only values are 0 and this one, which is not 1; 0: not so.
  float other_value() const { return others_ || value_ == 1 ? 0 : value_; }

 private:
  float low_ = 1, high_ = 0;
  double sum_ = 0;
  int64_t below_half_ = 0;
  float value_ = 0;      // the first that is not 0
  bool others_ = false;  // there is one that is neither
};

/// MaskFromFractions of values that `seen` has seen.
LoadedMask MaskFromScanned(ImageF fractions, const MaskScan& seen, const std::string& name,
                           std::optional<double> threshold);

}  // namespace ceres_align::io_internal
