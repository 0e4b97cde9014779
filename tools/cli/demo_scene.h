// The demo: the problem that the PyTorch3D script solves when it is given no masks.
#pragma once

#include "ceres_align/geometry/scene.h"
#include "cli/scene_from_flags.h"

namespace ceres_align::cli {

/// data/rooster_small.obj seen by two cameras, 30° apart about the object: reference masks from
/// the independent renderer at a known pose about 20° from the default start. Of the flags it
/// takes --image_size (default (256,306)), --fov_deg (60) and the start of camera 1
/// (--camera_location, --camera_rotation, --camera_translation; none with --search); the others
/// throw InputError. The mesh is looked for in ./data, beside the installed program, and in the
/// source folder.
Scene DemoScene(const SceneFlags& flags);

}  // namespace ceres_align::cli
