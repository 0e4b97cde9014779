// How far a batch is, for people who wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

#include "ceres_align/scenes/scenes_report.h"

namespace ceres_align::cli {

/// "1234 of 10000 scenes, 81 a second, 2 min left; 12 not usable": on a terminal one line that
/// changes, elsewhere a line every ten seconds. From any thread.
class BatchProgress {
 public:
  /// `all` scenes, of which `done` were before.
  BatchProgress(size_t all, size_t done);
  void Add(const SceneRow& row);
  /// Ends the line.
  void Finish();
  double Seconds() const;
  size_t added() const { return added_; }

 private:
  void Print();
  const size_t all_, done_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
  std::mutex mutex_;
  size_t added_ = 0, not_usable_ = 0;
  bool printed_ = false;
};

}  // namespace ceres_align::cli
