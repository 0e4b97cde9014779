#include "cli/batch_progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "ceres_align/base/text.h"

namespace ceres_align::cli {
namespace {

std::string Left(double seconds) {
  if (seconds < 120) return Format("%.0f s", seconds);
  if (seconds < 7200) return Format("%.0f min", seconds / 60);
  return Format("%.1f h", seconds / 3600);
}

}  // namespace

BatchProgress::BatchProgress(size_t all, size_t done)
    : all_(all),
      done_(done),
      terminal_(isatty(STDOUT_FILENO) != 0),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

double BatchProgress::Seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void BatchProgress::Add(const SceneRow& row) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++added_;
  if (row.kind != SceneRow::Kind::kUsable) ++not_usable_;
  const auto now = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(now - last_).count();
  if (since < (terminal_ ? 0.25 : 10)) return;
  last_ = now;
  Print();
}

void BatchProgress::Print() {
  const double rate = static_cast<double>(added_) / Seconds();
  const std::string line =
      Format("%zu of %zu scenes, %.3g a second, %s left; %zu of these %zu not usable",
             done_ + added_, all_, rate,
             Left(static_cast<double>(all_ - done_ - added_) / rate).c_str(), not_usable_, added_);
  std::printf(terminal_ ? "\r%-78s" : "%s\n", line.c_str());
  std::fflush(stdout);
  printed_ = true;
}

void BatchProgress::Finish() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (printed_ && terminal_) std::printf("\n");
  std::fflush(stdout);
}

}  // namespace ceres_align::cli
