// Where one job's image is certainly covered, because lines of sight meet balls inside the solid.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/inner_balls.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// One bit for every quarter of a pixel's width over its whole height: set where all of it is
/// covered, and all between it and one side of its pixel. Grow-only working memory of one thread.
class InnerMask {
 public:
  static constexpr int kParts = 4;  ///< of a pixel's width

  /// Nothing is covered until Draw.
  void Clear() { is_empty_ = true; }
  /// The mesh must be wholly in front of the near plane. Only rows that the view sweeps are drawn.
  void Draw(const InnerBalls& inner, const ViewGeometry& view);

  bool is_empty() const { return is_empty_; }
  /// The bits of row `row` of the view: part i of the row is bit i % 64 of word i / 64.
  const uint64_t* Row(int row) const {
    return bits_.data() + static_cast<size_t>(window_ == 1 ? row : row / window_) * words_;
  }

 private:
  void DrawBall(const InnerBall& ball, const ViewGeometry& view);
  void ClearBox(const OpeningBox& box, const ViewGeometry& view);
  uint64_t* MutableRow(int row) { return const_cast<uint64_t*>(Row(row)); }
  void Resize(size_t words, size_t rows);
  void SetBits(int row, int begin, int end);
  void AddRun(int row, int begin, int end);
  void KeepParts();

  // Parts of a row that are set.
  struct Run {
    int begin, end;
  };

  std::vector<uint64_t> bits_;
  std::vector<Run> runs_;             // a long one of each row
  std::vector<double> left_, right_;  // where a ball's image meets the lines between rows
  std::vector<int32_t> begin_, end_;  // which parts of a row lie between
  // Words of a row.
  struct WordRange {
    int begin, end;
  };
  std::vector<WordRange> drawn_;  // of each row; words beyond are 0
  size_t words_ = 0;
  int window_ = 1;
  bool is_empty_ = true;
};

/// The parts of one pixel, bit 0 on its left.
inline int PartsOfPixel(const uint64_t* row, int column) {
  return static_cast<int>(row[column / 16] >> (4 * (column % 16)) & 15);
}
/// How much of a pixel's width is covered from its left side on.
inline double CoveredLeft(int parts) {
  constexpr double kWidth[16] = {0, 0.25, 0, 0.5, 0, 0.25, 0, 0.75, 0, 0.25, 0, 0.5, 0, 0.25, 0, 1};
  return kWidth[parts];
}
/// The same from its right side on.
inline double CoveredRight(int parts) {
  constexpr double kWidth[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.75, 1};
  return kWidth[parts];
}
/// From which column's cell on an edge counts that crosses the row's top at x >= 0: its own pixel's
/// only if it lies left of where that cell begins.
inline int StepColumn(const uint64_t* row, double x) {
  const int column = static_cast<int>(x);
  return x - column < CoveredLeft(PartsOfPixel(row, column)) ? column : column + 1;
}
/// The bits of parts first to last, which lie in one word.
inline uint64_t PartsOfWord(int first, int last) {
  return (~uint64_t{0} >> (63 - (last - first))) << (first % 64);
}
/// Whether parts first to last are all covered.
inline bool ArePartsCovered(const uint64_t* row, int first, int last) {
  const int word = first / 64, last_word = last / 64;
  if (last_word == word) {
    const uint64_t wanted = PartsOfWord(first, last);
    return (row[word] & wanted) == wanted;
  }
  const uint64_t from = ~uint64_t{0} << (first % 64), to = ~uint64_t{0} >> (63 - last % 64);
  uint64_t missing = (~row[word] & from) | (~row[last_word] & to);
  for (int i = word + 1; i < last_word; ++i) missing |= ~row[i];
  return missing == 0;
}
/// The same of those that [left, right] touches. The range lies in the frame, in px.
inline bool IsCovered(const uint64_t* row, double left, double right) {
  return ArePartsCovered(row, static_cast<int>(InnerMask::kParts * left),
                         static_cast<int>(InnerMask::kParts * right));
}

}  // namespace ceres_align
