// Masks by label: the pixels of one or several objects in an image that shows them all.
//
//   "frame.png:3"         the pixels whose number is 3 (gray value or palette index)
//   "frame.png:2+5"       2 or 5
//   "frame.png:#ff8000"   of this colour: red, green, blue
//   "coco.json:IMAGE:ANNOTATION"   coco_masks.h
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ceres_align {

/// What is behind the colon: numbers (0 to 65535) or colours (0xrrggbb), not both.
struct MaskLabels {
  bool are_colours = false;
  std::vector<uint32_t> values;
};

/// "3", "2+5", "#ff8000", "#ff8000+#0000ff"; empty if it is nothing of the kind.
std::optional<MaskLabels> ParseMaskLabels(std::string_view text);
/// A label as ParseMaskLabels reads it.
std::string LabelText(uint32_t value, bool is_colour);

/// A mask's file and, where it shows several objects, which are meant.
struct MaskSource {
  std::filesystem::path file;
  std::optional<MaskLabels> labels;
  std::optional<std::string> coco;  ///< of a file that ends in .json: what follows the colon, or ""

  /// What follows the file, with its colon, as it was written; "" where nothing does.
  std::string suffix;
};

/// A file of the whole name, where there is one; else what stands behind the last colon are the
/// labels, if it can be read as such; or the first colon behind ".json".
MaskSource ParseMaskSource(const std::filesystem::path& path);

}  // namespace ceres_align
