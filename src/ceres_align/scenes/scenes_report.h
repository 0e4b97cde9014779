// What became of a batch: counts, and a page with the worst scenes first.
#pragma once

#include <string>
#include <vector>

namespace ceres_align {

/// One scene's ResultLine as the reports read it.
struct SceneRow {
  enum class Kind { kError, kWrong, kInexact, kUsable };  ///< worst first
  Kind kind = Kind::kError;
  std::string id, scene;
  /// The error, or the first check that failed; may be empty. Of several objects: the first that
  /// failed one, with its name.
  std::string words;
  double iou = 0;           ///< the smallest of the views' and objects'; NaN: none
  double rotation_deg = 0;  ///< accuracy, 90 %, the objects' largest; NaN: none
  double percent = 0;       ///< of the distance, likewise
  double seconds = 0;
  bool searched = false;
};

/// Throws InputError for what is no ResultLine (a journal that somebody has edited).
SceneRow ReadResultLine(const std::string& line);

struct SceneCounts {
  size_t error = 0, wrong = 0, inexact = 0, usable = 0;
  size_t all() const { return error + wrong + inexact + usable; }
};
SceneCounts CountRows(const std::vector<SceneRow>& rows);

/// "9950 of 10000 usable; 30 right but not exact enough, 15 not right, 5 could not be aligned", the
/// times, and the worst scenes: several lines, with a final line break.
std::string SummaryText(const std::vector<SceneRow>& rows);

/// A page of its own (no network, no script needed to read it), the worst scenes first; with links
/// into a folder per scene beside it where `has_folders`.
std::string IndexHtml(const std::vector<SceneRow>& rows, bool has_folders);

}  // namespace ceres_align
