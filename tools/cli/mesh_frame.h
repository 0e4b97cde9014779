// --mesh_unit, --mesh_scale and --mesh_up: how a mesh's file is read.
#pragma once

#include <optional>
#include <string>

#include "ceres_align/base/error.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align::cli {

/// The flags' values; empty (or unset): not given. Throws InputError.
inline MeshFrame MeshFrameFromFlags(const std::string& unit, const std::optional<double>& scale,
                                    const std::string& up) {
  MeshFrame frame;
  if (!unit.empty() && scale) {
    throw InputError("--mesh_unit and --mesh_scale are two scales of one mesh; give one");
  }
  if (!unit.empty()) frame.scale = MetresOfUnit(unit, "--mesh_unit");
  if (!up.empty()) frame.up = ParseUpAxis(up, "--mesh_up");
  if (scale) {
    CheckMeshScale(*scale, "--mesh_scale");
    frame.scale = *scale;
  }
  return frame;
}

}  // namespace ceres_align::cli
