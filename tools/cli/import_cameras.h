// Camera files of other tools as one set, and with masks and a mesh as a scene.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/formats/formats.h"
#include "ceres_align/io/scene_io.h"

namespace ceres_align::cli {

/// Reads all of `imports` ("FORMAT:path") into one set. Files with poses must share their reference
/// frame. Files with intrinsics alone are matched with those with poses alone: by name, else, where
/// the numbers are equal, by their order. Each convention is in the set once, and how cameras were
/// matched. Throws InputError.
CameraSet ImportCameras(const std::vector<std::string>& imports, const CameraReadOptions& options);

/// The masks of the set's cameras, by their names (NameOfMask), else by order. Fills in
/// CalibratedCamera::mask; where the names matched, cameras may be left without. Returns what was
/// done, for the user. Throws InputError for a mask that no camera has, for counts that differ,
/// and for masks of another size than the camera.
std::string MatchMasks(const std::vector<std::string>& masks, MaskCache* cache, CameraSet* set);

/// The scene of a set whose cameras have masks, with paths relative to `folder`: the reference
/// frame is the rig's. Throws InputError for a set without poses, unless it is one camera's.
SceneDescription SceneFromCameras(const CameraSet& set, const std::string& mesh,
                                  const std::string& folder, MaskCache* cache);

}  // namespace ceres_align::cli
