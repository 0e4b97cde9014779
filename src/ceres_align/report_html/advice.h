// The verdict in words, with what to do next. Internal to report_html/.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/align_result.h"

namespace ceres_align::report_html_internal {

struct VerdictWords {
  std::string kind;  ///< "usable", "inexact", "ambiguous" or "not_trusted"
  std::string headline;
  std::string explanation;
  std::string accuracy;
};
VerdictWords WordsOf(const AlignResult& result);

/// What to do where this check failed: one sentence.
std::string AdviceFor(const Check& check, AlignStatus status);

}  // namespace ceres_align::report_html_internal
