// Masks in COCO's JSON: annotation files (objects with "images", "annotations", "categories") and
// detectors' lists of results ([{"image_id", "category_id", "segmentation"}, …]).
//
//   "instances.json"              the only annotation of the only image
//   "instances.json:left.png"     the only one of an image, by its file_name, the last part of
//                                 that, or its id
//   "instances.json:left.png:mug" its only annotation of a category, by name; in a list of results
//                                 by category_id
//   "instances.json::mug"         likewise, of the only image
//   "instances.json:17:1768"      an annotation by its id (not in a list of results)
//   "instances.json:17:@3"        annotations[3], or the list's [3]
//   "instances.json:17:mug+@3"    several together; all of the image: "instances.json:17:all"
//
// What means several images or annotations is refused, with those that there are. Internal to io/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ceres_align/io/coco_selection.h"
#include "ceres_align/io/mask_io.h"

namespace ceres_align::io_internal {

/// The coverage of the annotations. RLE, compressed or not, is 0 or 1. Polygons are exact areas:
/// the first pixel's centre is at (0.5, 0.5), as maskApi.c's rleFrPoly takes it, which draws the
/// pixels whose centre is inside; like there, each polygon is filled by the even-odd rule, and
/// several are united. An image with no annotation at all gives an empty mask and a `warning`.
///
/// Throws InputError naming file and key: JSON errors, wrong types, numbers that are not finite or
/// no coordinates, runs that do not add up to the image, sizes that contradict each other or
/// `expected`; all before the image is allocated.
ImageF LoadCocoMask(const CocoFile& file, std::string_view selection,
                    std::optional<ImageSize> expected, std::string* warning);

/// The size of that image. Throws as LoadCocoMask does, and for polygons in a list of results,
/// which has no sizes.
ImageSize CocoImageSize(const CocoFile& file, std::string_view selection);

}  // namespace ceres_align::io_internal
