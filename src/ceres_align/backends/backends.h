// Chooses the rasterizer. The only unit that knows whether CUDA was built; only programs, tests
// and benchmarks call it, everything else borrows a Rasterizer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

struct BackendOptions {
  std::string backend = "auto";  ///< "auto", "cpu" or "cuda"
  /// Of the CPU; 0: as many as the machine has cores. With CUDA: how many solves run side by side;
  /// 0: 32, since they mostly wait for the device.
  int num_threads = 0;
  /// For "auto": called once if a scene turns out not to fit into the device's memory and the CPU
  /// goes on with it; gets why, in one line.
  std::function<void(const std::string& why)> on_fallback = nullptr;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// The rasterizer that the options ask for. `why` (may be null) gets one line for the report:
/// which backend it is and, for "auto", why. "auto" takes CUDA where there is a device that works
/// and, on a few small views, agrees with the CPU; else the CPU. Throws InputError, which says what
/// is missing, for "cuda" where there is none. What does not fit into the device's memory is
/// evaluated on the CPU from then on with "auto", and is DoesNotFit with "cuda". A device that
/// fails later throws std::runtime_error from the calls of Rasterizer.
std::unique_ptr<Rasterizer> MakeRasterizer(const BackendOptions& options, std::string* why);

/// Why CUDA cannot be used here, as the end of a sentence ("no NVIDIA driver is installed"); empty:
/// there is a device that runs kernels.
std::string WhyNotCuda();

}  // namespace ceres_align
