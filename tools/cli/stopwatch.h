// Wall time by laps.
#pragma once

#include <chrono>
#include <utility>

namespace ceres_align::cli {

class Stopwatch {
 public:
  /// Seconds since it was made or last asked.
  double Lap() {
    const auto now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(lap_, now)).count();
  }
  /// From when it was made to the last lap.
  double Total() const { return std::chrono::duration<double>(lap_ - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point lap_ = start_;
};

}  // namespace ceres_align::cli
