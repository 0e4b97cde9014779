// COCO's run lengths. Internal to io/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/base/image.h"

namespace ceres_align::io_internal {

/// The run lengths of "counts" as text (pycocotools' maskApi.c, rleFrString): each number is in
/// characters '0' + (5 bits, the lowest first; 32 where more follow), the last one's bit 16 its
/// sign; from the fourth on it is the difference to the run two before. `place` begins the
/// messages. Throws InputError for other characters, a number that is cut off, runs below 0 or
/// above `pixels`.
std::vector<int64_t> ParseRleText(std::string_view counts, int64_t pixels,
                                  const std::string& place);

/// Throws InputError unless the runs are not negative and add up to width x height.
void CheckRuns(const std::vector<int64_t>& runs, int width_px, int height_px,
               const std::string& place);

/// Sets the pixels of the second, fourth, … run to 1. Runs go down the columns, from the left one;
/// they are checked.
void AddRuns(const std::vector<int64_t>& runs, ImageF* mask);

}  // namespace ceres_align::io_internal
