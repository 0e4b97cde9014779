// A short check of a rasterizer against the CPU's, before it is trusted.
#pragma once

#include <string>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// Evaluates a few small views three times over (a backend may take another way when a batch comes
/// again) and compares the Gram matrices with CpuRasterizer's, to 1e-9. Empty: they agree; else
/// the end of a sentence that says what does not. Leaves no mesh or target behind. Throws what
/// `tested` throws.
std::string WhyNotTrusted(Rasterizer* tested);

}  // namespace ceres_align
