// MeshLab's project file (.mlp): cameras as raster layers. Source: vcglib's wrap/qt/shot_qt.h and
// vcg/math/{shot,camera} (2026).
#pragma once

#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// A raster layer for each camera, with its photograph (the path as the set has it; NAME.png where
/// it has none). Numbers have 17 digits; MeshLab reads them as floats. Throws InputError for a set
/// without poses and for a camera with a lens: MeshLab's own lens model is another.
std::vector<ExportedFile> WriteMeshLabProject(const CameraSet& set);

}  // namespace ceres_align
