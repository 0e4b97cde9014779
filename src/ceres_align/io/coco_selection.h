// Which annotations of a COCO file a text means. Internal to io/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/io/coco_file.h"

namespace ceres_align::io_internal {

struct CocoSelection {
  int image = -1;  ///< index in "images"; -1: a list of results
  std::string image_text;
  std::vector<size_t> annotations;  ///< indices in annotations()
};

/// `selection` as in coco_masks.h, without the file. Throws InputError.
CocoSelection SelectCoco(const CocoFile& file, std::string_view selection);

/// What the selection's image is called: the last part of its file_name without the ending, or its
/// id. Throws InputError where there is no such image.
std::string CocoImageName(const CocoFile& file, std::string_view selection);

}  // namespace ceres_align::io_internal
