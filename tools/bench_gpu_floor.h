// What a device needs at least: memory bandwidth and launches, measured.
#pragma once

namespace ceres_align {

struct GpuFloor {
  int launches = 0;         ///< of one batch
  double launch_us = 0;     ///< so many empty kernels one after the other, as one graph, and back
  double bytes_per_us = 0;  ///< of a large copy on the device, reads and writes
  double upload_bytes_per_us = 0;  ///< of a large copy from the host

  /// The least time of a batch that has to move so many bytes.
  double Batch_us(double bytes) const { return launch_us + bytes / bytes_per_us; }
};

/// On the current device. Throws CudaError.
GpuFloor MeasureFloor();

struct MemoryUse {
  double host_mib = 0, device_mib = 0;
};
/// Of this process on the host, of everyone on the device (0 where there is none).
MemoryUse MemoryInUse();

}  // namespace ceres_align
