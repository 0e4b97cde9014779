// Whether a result can be trusted, by tests that each catch something.
#pragma once

#include <vector>

#include "ceres_align/align/align_result.h"

namespace ceres_align {

/// All tests of a usable result, passed or not:
///   termination  the solve met its step or cost test
///   overlap      mean IoU at least 0.85, and at least 0.7 in every view that has a mask
///   ambiguity    no other pose fits about as well, and no motion is unobserved
/// Reads every field of the result but `checks`.
std::vector<Check> ChecksOf(const AlignResult& result);

}  // namespace ceres_align
