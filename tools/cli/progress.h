// The live line of a running solve.
#pragma once

#include <string>

#include "ceres_align/align/aligner.h"

namespace ceres_align::cli {

/// On a terminal one line that is overwritten at every step; into a file or a pipe one plain
/// line per level, at its last step, and per stage of a search. A search that follows on a poor
/// fit is announced by a line of its own. Writes to stdout.
class Progress {
 public:
  Progress();
  void Show(const AlignIteration& step);
  void Finish();  ///< ends the line

 private:
  void Announce(const AlignIteration& step);
  void EndLine();

  bool terminal_;
  int level_ = -1, stage_ = 0;  // of the line that is open; level -1: none is
  bool descended_ = false, searched_ = false, thorough_ = false;
  std::string line_;
};

/// BackendOptions::on_fallback: a line of its own.
void PrintFallback(const std::string& why);

}  // namespace ceres_align::cli
