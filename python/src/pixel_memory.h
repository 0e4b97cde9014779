// Memory of masks of earlier calls, for those of the next: fresh pages cost more than what is
// written to them.
#pragma once

#include <cstddef>
#include <vector>

namespace ceres_align::python {

/// At most so much is kept, that of the latest calls.
constexpr size_t kMostKeptPixels = size_t{16} << 20;

/// Empty, with room for `count` values. From any thread, as all of these.
std::vector<float> TakePixels(size_t count);
/// `pixels` is empty after that.
void KeepPixels(std::vector<float>* pixels);

}  // namespace ceres_align::python
