// Images of labels as masks. Internal to io/.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ceres_align/base/image.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_labels.h"

namespace ceres_align::io_internal {

/// 1 at the pixels that have one of the labels, else 0. Throws as LoadMask does.
ImageF LoadLabels(const std::filesystem::path& file, const MaskLabels& labels,
                  std::optional<ImageSize> expected);

/// Throws InputError unless an image has the camera's size.
void CheckImageSize(ImageSize size, std::optional<ImageSize> expected, const std::string& name);

}  // namespace ceres_align::io_internal
