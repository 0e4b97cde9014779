#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>

#include "ceres_align/report/text_report.h"

namespace ceres_align::cli {

Progress::Progress() : terminal_(isatty(STDOUT_FILENO) != 0) {}

void Progress::Show(const AlignIteration& step) {
  Announce(step);
  const int stage = step.candidates > 0 ? step.iteration : 0;
  const bool next = step.level != level_ || stage != stage_;
  if (!terminal_ && level_ >= 0 && next) std::printf("%s\n", line_.c_str());
  level_ = step.level;
  stage_ = stage;
  line_ = ProgressLine(step);
  if (terminal_) {
    std::printf("\r%-78s", line_.c_str());
    std::fflush(stdout);
  }
}

void Progress::Announce(const AlignIteration& step) {
  const char* news = nullptr;
  if (step.thorough && !thorough_) {
    news = "The outlines do not fit: searching once more, three times as thoroughly";
  } else if (step.candidates > 0 && !searched_ && descended_) {
    news = "The fit from the start is poor: searching all rotations";
  }
  thorough_ = thorough_ || step.thorough;
  searched_ = searched_ || step.candidates > 0;
  descended_ = descended_ || step.candidates == 0;
  if (news == nullptr) return;
  EndLine();
  std::printf("%s\n", news);
}

void Progress::Finish() { EndLine(); }

void Progress::EndLine() {
  if (level_ < 0) return;
  if (terminal_) {
    std::printf("\n");
  } else {
    std::printf("%s\n", line_.c_str());
  }
  std::fflush(stdout);
  level_ = -1;
}

void PrintFallback(const std::string& why) {
  std::printf("\nBackend: the cpu from here on: %s\n", why.c_str());
  std::fflush(stdout);
}

}  // namespace ceres_align::cli
