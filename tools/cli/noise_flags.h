// The mask noise flags that make_masks and bench_align share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ceres_align/synth/mask_noise.h"

namespace ceres_align::cli {

/// Their names, in the order in which the kinds are applied; the presets first.
std::vector<std::string> NoiseFlagNames();

/// --segmented's preset (with its network of `network_seed`), changed by the flags that were given.
/// Throws InputError for a bad value.
MaskNoise NoiseOfFlags(uint64_t network_seed);

/// --mark_occluder: the occluder's pixels are to be ignored. Throws InputError where there is no
/// occluder.
bool MarkOccluder();

}  // namespace ceres_align::cli
