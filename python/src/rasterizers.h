// Rasterizers that calls share.
#pragma once

#include <memory>
#include <string>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align::python {

/// One for each backend and number of threads, kept for the life of the process: what it has
/// allocated serves the next call. From any thread. Throws as MakeRasterizer does.
std::shared_ptr<Rasterizer> SharedRasterizer(const std::string& backend, int num_threads);

}  // namespace ceres_align::python
