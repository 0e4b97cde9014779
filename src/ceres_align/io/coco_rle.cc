#include "ceres_align/io/coco_rle.h"

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

constexpr int kBits = 5;
constexpr int kMore = 0x20, kSign = 0x10;
// Of a number: more than any image has pixels.
constexpr int kMostCharacters = 8;

// The number at text[*at], moved behind it.
int64_t ParseNumber(std::string_view text, size_t* at, const std::string& place) {
  int64_t value = 0;
  for (int i = 0; i < kMostCharacters; ++i) {
    if (*at == text.size()) Fail(place, " ends within a number");
    const int bits = static_cast<unsigned char>(text[*at]) - '0';
    if (bits < 0 || bits >= 2 * kMore) {
      Fail(place, " has the character ", Quoted(text.substr(*at, 1)), " at ", *at,
           ", which is none of a compressed RLE");
    }
    ++*at;
    value += static_cast<int64_t>(bits & (kMore - 1)) << (kBits * i);
    if ((bits & kMore) != 0) continue;
    if ((bits & kSign) != 0) value -= int64_t{1} << (kBits * (i + 1));
    return value;
  }
  Fail(place, " has a number of more than ", kMostCharacters, " characters at ",
       *at - kMostCharacters);
}

}  // namespace

std::vector<int64_t> ParseRleText(std::string_view counts, int64_t pixels,
                                  const std::string& place) {
  std::vector<int64_t> runs;
  for (size_t at = 0; at < counts.size();) {
    int64_t run = ParseNumber(counts, &at, place);
    if (runs.size() > 2) run += runs[runs.size() - 2];
    if (run < 0 || run > pixels) {
      Fail(place, ": run ", runs.size(), " is ", run, "; the image has ", pixels, " pixels");
    }
    runs.push_back(run);
  }
  return runs;
}

void CheckRuns(const std::vector<int64_t>& runs, int width_px, int height_px,
               const std::string& place) {
  const int64_t pixels = int64_t{width_px} * height_px;
  int64_t sum = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    // One by one, so that the sum cannot overflow.
    if (runs[i] < 0 || runs[i] > pixels) {
      Fail(place, ": run ", i, " is ", runs[i], "; the image has ", pixels, " pixels");
    }
    sum += runs[i];
  }
  if (sum == pixels) return;
  Fail(place, " add up to ", sum, " pixels; the image has ", width_px, "x", height_px, " = ",
       pixels);
}

void AddRuns(const std::vector<int64_t>& runs, ImageF* mask) {
  int64_t at = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    const int64_t end = at + runs[i];
    for (; at < end && i % 2 == 1; ++at) {
      mask->at(static_cast<int>(at / mask->height), static_cast<int>(at % mask->height)) = 1;
    }
    at = end;
  }
}

}  // namespace ceres_align::io_internal
