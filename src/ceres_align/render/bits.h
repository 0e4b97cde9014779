// Words as sets of small integers.
#pragma once

#include <cstdint>

namespace ceres_align {

/// The place of the lowest 1 of a word that has one.
inline int LowestBit(uint64_t word) { return __builtin_ctzll(word); }

}  // namespace ceres_align
