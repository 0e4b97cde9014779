// Scenes of several objects. Internal to io/.
#pragma once

#include <string_view>

#include "ceres_align/io/scene_io.h"

namespace ceres_align::io_internal {

/// Of a description with objects whose views are checked and named: all that does not go together,
/// names, labels, masks, poses. Throws InputError.
void CheckObjects(const SceneDescription& description, std::string_view where);

}  // namespace ceres_align::io_internal
