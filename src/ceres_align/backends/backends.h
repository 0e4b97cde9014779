// Chooses the rasterizer. The only unit that knows whether CUDA was built; only programs, tests
// and benchmarks call it, everything else borrows a Rasterizer.
#pragma once

#include <memory>
#include <string>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

struct BackendOptions {
  std::string backend = "auto";  ///< "auto", "cpu" or "cuda"
  int num_threads = 0;           ///< of the CPU; 0: as many as the machine has cores

  /// Throws InputError naming the field.
  void Validate() const;
};

/// The rasterizer that the options ask for. `why` (may be null) gets one line for the report:
/// which backend it is and, for "auto", why. Throws InputError for "cuda": this version has no
/// CUDA rasterizer.
std::unique_ptr<Rasterizer> MakeRasterizer(const BackendOptions& options, std::string* why);

}  // namespace ceres_align
